import type { IncomingMessage, ServerResponse } from "node:http";
import type { VerifiedToken } from "../../contracts/services/auth.ts";
import type { SyncAnswer, SyncRequest } from "../../contracts/socket-events.ts";
import type { Viewer } from "../../contracts/viewer.ts";

export interface LongPollQuery extends SyncRequest {
  /** Seconds; 0 answers at once. */
  wait?: number;
}

/** The two live transports that ride on plain HTTP; the edge authenticates, the sessions do the rest. */
export interface LiveTransports {
  /**
   * Turns the response into a stream of server-sent events and returns once it is open. `lastEventId` is a sync
   * cursor: it acknowledges what came before it (VALIDATION, as a rejection with nothing written, if it is none).
   */
  eventStream(req: IncomingMessage, res: ServerResponse, viewer: VerifiedToken, lastEventId?: string): Promise<void>;
  /** A page of `sync` as soon as there is something in it, and after `wait` seconds even empty. `signal`: the client left. */
  longPoll(viewer: Viewer, query: LongPollQuery, signal: AbortSignal): Promise<SyncAnswer>;
}
