import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  STATUS_CODES,
} from "node:http";
import type { Duplex } from "node:stream";
import { type ChatError, PayloadTooLargeError, UnavailableError, ValidationError } from "../../../contracts/errors.ts";
import { farewell } from "./farewell.ts";
import { inTurn } from "./in-turn.ts";
import { sendProblem } from "./problem.ts";

/** How long a client may take to say what it wants, and how much of it may stand in headers. */
const patience = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Above the idle time of common proxies, so that it is they who close. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  /** A sync cursor has up to 8 KiB, and stands in the query string. */
  maxHeaderSize: 32 * 1024,
  /** It is asked for here: Node would refuse it without a word. */
  requireHostHeader: false,
} satisfies ServerOptions;

export interface EdgeServerOptions extends ServerOptions {
  /** A connection on which nothing moves for so long, either way, is closed. */
  idleMs: number;
}

/** A server that answers with a problem even what cannot be read as HTTP, and what Node would refuse in its own way. */
export function edgeServer(listener: RequestListener, { idleMs, ...options }: EdgeServerOptions): Server {
  const handle = inTurn((req, res) => {
    const defect = defectOf(req);
    if (!defect) return listener(req, res);
    res.shouldKeepAlive = false;
    sendProblem(res, defect);
  });
  return createServer({ ...patience, ...options }, handle)
    .on("checkExpectation", handle)
    .on("clientError", refuse)
    .setTimeout(idleMs);
}

/** What is wrong with a request that Node could read. */
function defectOf({ httpVersion, headers }: IncomingMessage): ChatError | undefined {
  if (headers.host === undefined && httpVersion !== "1.0") return ValidationError.at("host", "is missing");
  const { expect } = headers;
  if (expect !== undefined && expect.toLowerCase() !== "100-continue")
    return ValidationError.at("expect", "is nothing that this server does");
  return undefined;
}

function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const problem = unreadable(error.code).toProblem();
  const body = JSON.stringify(problem);
  farewell(
    socket,
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nConnection: close\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function unreadable(code: string | undefined): ChatError {
  if (code === "HPE_HEADER_OVERFLOW") return new PayloadTooLargeError("the request's headers are too large");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new UnavailableError("the request did not arrive in time");
  return new ValidationError("this is not an HTTP request");
}
