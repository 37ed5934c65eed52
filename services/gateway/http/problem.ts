import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "moleculer";
import { type ChatError, NotFoundError, PayloadTooLargeError, toChatError, ValidationError } from "../../../contracts/errors.ts";

export type AnswerProblem = (req: IncomingMessage, res: ServerResponse, thrown: unknown) => void;

/** Answers whatever was thrown as RFC 9457. `revealCause` puts the cause of an internal error into the answer. */
export function problems(logger: Logger, revealCause: boolean): AnswerProblem {
  return (req, res, thrown) => {
    const error = fromFramework(thrown) ?? toChatError(thrown, revealCause);
    if (error.code === "INTERNAL") logger.error(`${req.method} ${pathOf(req)} failed:`, error.cause ?? error);
    if (res.headersSent) return void res.destroy();
    sendProblem(res, error);
  };
}

export function sendProblem(res: ServerResponse, error: ChatError): void {
  const body = JSON.stringify(error.toProblem());
  const { retryAfterMs } = error.data;
  if (retryAfterMs !== undefined || error.code === "RATE_LIMITED") {
    res.setHeader("Retry-After", Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000)));
  }
  if (error.status === 401) res.setHeader("WWW-Authenticate", "Bearer");
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Content-Type", "application/problem+json");
  res.setHeader("Content-Length", Buffer.byteLength(body));
  res.writeHead(error.status).end(body);
}

/** Without the query, which may hold a token. */
const pathOf = (req: IncomingMessage & { originalUrl?: string }) => (req.originalUrl ?? req.url ?? "").split("?", 1)[0];

/** Failures of the router and the body parser, by the types they give them. */
const frameworkFailures: Record<string, () => ChatError> = {
  NOT_FOUND: () => new NotFoundError("there is nothing at this address"),
  UNABLE_DECODE_PARAM: () => new ValidationError("the path is not well encoded"),
  "entity.too.large": () => new PayloadTooLargeError("the body is too large"),
  "encoding.unsupported": () => ValidationError.at("", "the body must not be compressed"),
  "request.size.invalid": () => ValidationError.at("", "the body is not as long as Content-Length says"),
  "request.aborted": () => ValidationError.at("", "the body ended early"),
};

function fromFramework(thrown: unknown): ChatError | undefined {
  const type = (thrown as { type?: unknown } | null)?.type;
  return typeof type === "string" && Object.hasOwn(frameworkFailures, type) ? frameworkFailures[type]?.() : undefined;
}
