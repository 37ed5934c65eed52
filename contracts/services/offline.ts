import type { SyncAnswer } from "../socket-events.ts";
import type { Viewer } from "../viewer.ts";

/**
 * What a device that connects has missed, contiguous from its cursors, each conversation oldest first. `conversations`
 * are those that are new to it or have other settings now; `heads` tell where each of all ended when this was read.
 */
export interface Backlog extends SyncAnswer {
  heads: Record<string, number>;
  /** The number of the last of the user's changes that is in it, or was seen before. */
  changeSeq: number;
  /** There is more within the limit than fits into one answer between nodes: it is asked for from here. */
  next?: Reached;
}

/** What changed for a user on other devices, */
export type Changed = Pick<SyncAnswer, "conversations" | "changes" | "resets">;
/** and where those conversations end that moved. */
export type Moved = Changed & Pick<Backlog, "heads">;

/** Up to where parts of a backlog went. */
export interface Reached {
  positions: Record<string, number>;
  changes: number;
}

export interface OfflineActions {
  /** At most `limit` entries in all. Acknowledges nothing. */
  "offline.backlog": { params: { viewer: Viewer; limit: number; from?: Reached }; returns: Backlog };
  /**
   * A message for which these users, its sender aside, had no socket anywhere. Best effort. All notes of one
   * conversation go to one node, so that what gathers there is told as one.
   */
  "offline.note": { params: { conversationId: string; seq: number; userIds: string[] }; returns: void };
}

export interface OfflineEvents {
  /** Messages wait for a user none of whose devices is connected; coalesced per user and conversation. */
  "offline.undelivered": { userId: string; conversationId: string; lastSeq: number; messages: number };
}
