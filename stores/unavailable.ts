import { UnavailableError } from "../contracts/errors.ts";

/** The failure of a store that cannot be reached; why is for the log only. */
export function unavailable(cause: unknown): UnavailableError {
  const error = new UnavailableError("The message store is not available");
  error.cause = cause;
  return error;
}
