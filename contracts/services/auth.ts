import type { Device, Me } from "../shapes.ts";
import type { Viewer } from "../viewer.ts";

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Seconds that the access token lives. */
  expiresIn: number;
}

export interface VerifiedToken extends Viewer {
  /** Milliseconds since 1970 at which the token stops being good. */
  expiresAt: number;
}

export interface AuthActions {
  "auth.register": {
    params: { username: string; password: string; email?: string; phone?: string; displayName?: string; ip?: string };
    returns: { user: Me; verification: { email?: "sent"; phone?: "sent" } };
  };
  "auth.login": {
    params: { login: string; password: string; device?: { id?: string; name?: string; platform?: string }; ip?: string };
    returns: Tokens & { user: Me; deviceId: string };
  };
  /** A spent refresh token revokes the device, unless the same `requestId` asks again within 60 s. */
  "auth.refresh": { params: { refreshToken: string; requestId?: string }; returns: Tokens };
  "auth.logout": { params: { viewer: Viewer }; returns: void };
  "auth.sessions": { params: { viewer: Viewer }; returns: { items: Device[] } };
  /** NOT_FOUND for a device that is not the viewer's. */
  "auth.revoke": { params: { viewer: Viewer; deviceId: string }; returns: void };
  "auth.changePassword": { params: { viewer: Viewer; oldPassword: string; password: string }; returns: void };
  /**
   * Answers from memory: a signature check and a look at the revocation list.
   * UNAUTHENTICATED for what is forged or revoked, TOKEN_EXPIRED for what is only old.
   * `seen`: the device is here, and that it was seen now is remembered; coalesced, best effort.
   */
  "auth.verifyToken": { params: { token: string; seen?: true }; returns: VerifiedToken };
  /** The devices of which `auth.deviceRevoked` told since then, from memory: for who may have missed it. The latest, if too many. */
  "auth.revokedSince": { params: { since: number }; returns: { devices: AuthEvents["auth.deviceRevoked"][] } };
}

export interface AuthEvents {
  /** The device was logged out, revoked, or its refresh token was used twice: its sockets close at once. */
  "auth.deviceRevoked": { userId: string; deviceId: string; revokedAt: number };
}
