/**
 * Why a server ends a session, in one table. On plain WebSocket it is the close code; over Socket.IO the
 * transport is closed, so that the official client reconnects, unless `reconnect` is false.
 */
export const closeCodes = {
  unauthenticated: { code: 4401, reason: "UNAUTHENTICATED", reconnect: true },
  expired: { code: 4401, reason: "TOKEN_EXPIRED", reconnect: true },
  revoked: { code: 4403, reason: "REVOKED", reconnect: false },
  silent: { code: 4408, reason: "SILENT", reconnect: true },
  replaced: { code: 4409, reason: "REPLACED", reconnect: true },
  frameTooLarge: { code: 4413, reason: "PAYLOAD_TOO_LARGE", reconnect: true },
  overloaded: { code: 4503, reason: "OVERLOADED", reconnect: true },
  draining: { code: 4503, reason: "DRAINING", reconnect: true },
} as const;
export type CloseReason = keyof typeof closeCodes;
