/**
 * The one registry of failures a client can see. Branch on `code`, never on a message.
 * A ChatError keeps its code when it crosses a node (see node/transport/error-regenerator.ts).
 */
export const errorCodes = {
  VALIDATION: { status: 422, retryable: false, title: "The input is not valid" },
  UNAUTHENTICATED: { status: 401, retryable: false, title: "Sign in first" },
  TOKEN_EXPIRED: { status: 401, retryable: false, title: "The access token is too old" },
  FORBIDDEN: { status: 403, retryable: false, title: "Not allowed" },
  NOT_FOUND: { status: 404, retryable: false, title: "No such thing" },
  CONFLICT: { status: 409, retryable: false, title: "It contradicts what is there" },
  GONE: { status: 410, retryable: false, title: "It was there, and is no more" },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false, title: "Too large" },
  RATE_LIMITED: { status: 429, retryable: true, title: "Too many requests" },
  OVERLOADED: { status: 503, retryable: true, title: "The server has too much to do" },
  UNAVAILABLE: { status: 503, retryable: true, title: "Not available at the moment" },
  INTERNAL: { status: 500, retryable: true, title: "Something went wrong" },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** One complaint about one place of the input; `path` is dotted (`device.name`), "" for the whole. */
export interface FieldError {
  path: string;
  message: string;
}

export interface ErrorData {
  errors?: FieldError[];
  retryAfterMs?: number;
  /** With UNAUTHENTICATED: the device was signed out, so a fresh token will not help. */
  revoked?: true;
}

/** How a failure looks in a socket acknowledgement. */
export interface SocketError extends ErrorData {
  code: ErrorCode;
  message: string;
}

/** RFC 9457. */
export interface Problem extends ErrorData {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
}

/** A failure that a client may see. What is thrown as anything else shows as INTERNAL. */
export class ChatError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, detail: string, data: ErrorData = {}, options?: ErrorOptions) {
    super(detail, options);
    this.name = "ChatError";
    this.code = code;
    this.data = data;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  toSocket(): SocketError {
    return { code: this.code, message: this.message, ...this.data };
  }

  toProblem(): Problem {
    const { status, title } = errorCodes[this.code];
    return { type: `urn:switchboard:error:${this.code}`, title, status, detail: this.message, code: this.code, ...this.data };
  }
}

type Named = new (detail?: string, data?: ErrorData) => ChatError;

function failure(code: ErrorCode): Named {
  return class extends ChatError {
    constructor(detail: string = errorCodes[code].title, data: ErrorData = {}) {
      super(code, detail, data);
    }
  };
}

export class ValidationError extends failure("VALIDATION") {
  /** The complaint about one field, or about the whole if `path` is "". */
  static at(path: string, message: string): ValidationError {
    return new ValidationError(path ? `${path}: ${message}` : message, { errors: [{ path, message }] });
  }
}
export class UnauthenticatedError extends failure("UNAUTHENTICATED") {}
export class TokenExpiredError extends failure("TOKEN_EXPIRED") {}
export class ForbiddenError extends failure("FORBIDDEN") {}
export class NotFoundError extends failure("NOT_FOUND") {}
export class ConflictError extends failure("CONFLICT") {}
export class GoneError extends failure("GONE") {}
export class PayloadTooLargeError extends failure("PAYLOAD_TOO_LARGE") {}
export class RateLimitedError extends failure("RATE_LIMITED") {}
export class OverloadedError extends failure("OVERLOADED") {}
export class UnavailableError extends failure("UNAVAILABLE") {}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorCodes, code);
}

/**
 * The ChatError in whatever was thrown: itself; one that lost its class on the way from another node;
 * a broker's time-out or missing service (UNAVAILABLE); else INTERNAL with the cause kept for the log.
 * `revealCause` puts the original message in `message` (development only).
 */
export function toChatError(thrown: unknown, revealCause = false): ChatError {
  if (thrown instanceof ChatError) return thrown;
  const plain = thrown as { name?: string; code?: unknown; message?: string; data?: ErrorData } | null | undefined;
  if (isErrorCode(plain?.code)) return new ChatError(plain.code, plain.message ?? "", plain.data ?? {});
  if (plain?.name && brokerFailures.has(plain.name)) {
    return new ChatError("UNAVAILABLE", errorCodes.UNAVAILABLE.title, {}, { cause: thrown });
  }
  const detail = revealCause ? String(plain?.message ?? thrown) : errorCodes.INTERNAL.title;
  return new ChatError("INTERNAL", detail, {}, { cause: thrown });
}

const brokerFailures = new Set([
  "RequestTimeoutError",
  "RequestRejectedError",
  "ServiceNotFoundError",
  "ServiceNotAvailableError",
  "QueueIsFullError",
  "BrokerDisconnectedError",
  "NodeSilentError",
  "MovedError",
]);
