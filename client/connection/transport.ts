import type { ErrorData } from "../../contracts/errors.ts";
import type { RequestErrorCode } from "./request-error.ts";

/** How the server answers a request over a socket. */
export type Answer = { ok: true; data: unknown } | { ok: false; error: { code: RequestErrorCode; message: string } & ErrorData };

/** What a link reports. After `closed` it reports nothing more. */
export interface LinkEvents {
  event(name: string, data: unknown): void;
  answer(id: string, answer: Answer): void;
  /** `code` as in the protocol's table of close codes; 1006 if it just went away or was never there. */
  closed(code: number, reason: string): void;
}

/** One connection, from its opening to its end. */
export interface Link {
  /** May be called once the server has said `ready`. */
  request(id: string, event: string, data: unknown): void;
  /** Ends it; `closed` may or may not be reported. */
  close(): void;
}

/** How to reach a server's realtime side. It neither retries nor times out: the connection above it does. */
export interface Transport {
  open(url: string, token: string, events: LinkEvents): Link;
}
