import type { CloseReason } from "../../../contracts/close-codes.ts";
import type { ChatError } from "../../../contracts/errors.ts";

/** How a connection that was not admitted is closed. */
export function closeReasonOf({ code }: ChatError, isDraining: boolean): CloseReason {
  if (isDraining) return "draining";
  if (code === "TOKEN_EXPIRED") return "expired";
  if (code === "FORBIDDEN") return "revoked";
  return code === "UNAUTHENTICATED" ? "unauthenticated" : "overloaded";
}
