import type { ErrorCode, ErrorData, FieldError } from "../../contracts/errors.ts";

/** The server's codes, and two of the client's own: no answer in time, and no connection (any more). */
export type RequestErrorCode = ErrorCode | "TIMEOUT" | "DISCONNECTED";

/** Worth asking again, with the same id. */
const retryable: ReadonlySet<RequestErrorCode> = new Set([
  "TIMEOUT",
  "DISCONNECTED",
  "RATE_LIMITED",
  "OVERLOADED",
  "UNAVAILABLE",
  "INTERNAL",
]);

/** The server does not know these tokens, or no more. */
const refused: ReadonlySet<RequestErrorCode> = new Set(["UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN"]);

/** A request that did not succeed. Branch on `code`. */
export class RequestError extends Error {
  readonly code: RequestErrorCode;
  /** Complaints about single fields, with VALIDATION. */
  readonly errors: readonly FieldError[];
  readonly retryAfterMs: number | undefined;

  constructor(code: RequestErrorCode, message: string, { errors = [], retryAfterMs }: ErrorData = {}) {
    super(message);
    this.name = "RequestError";
    this.code = code;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }

  get retryable(): boolean {
    return retryable.has(this.code);
  }

  /** As the answer to a refresh: this device is signed out. */
  get refused(): boolean {
    return refused.has(this.code);
  }
}

/** Whatever was thrown, as a RequestError; what is not one is a fault of this program. */
export function asRequestError(thrown: unknown): RequestError {
  if (thrown instanceof RequestError) return thrown;
  return new RequestError("INTERNAL", thrown instanceof Error ? thrown.message : String(thrown));
}
