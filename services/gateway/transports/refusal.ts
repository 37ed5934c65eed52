import type { CloseReason } from "../../../contracts/close-codes.ts";
import type { ChatError } from "../../../contracts/errors.ts";

/** How a connection that was not admitted is closed. */
export function closeReasonOf({ code, data }: ChatError, isDraining: boolean): CloseReason {
  if (isDraining) return "draining";
  if (code === "TOKEN_EXPIRED") return "expired";
  if (data.revoked) return "revoked";
  return code === "UNAUTHENTICATED" ? "unauthenticated" : "overloaded";
}
