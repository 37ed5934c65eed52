import type { SyncAnswer } from "../socket-events.ts";
import type { Viewer } from "../viewer.ts";

export interface OfflineActions {
  /**
   * What a device that connects has missed: contiguous from its cursors, each conversation oldest first, at
   * most `limit` entries in all. Acknowledges nothing.
   */
  "offline.backlog": { params: { viewer: Viewer; limit: number }; returns: SyncAnswer };
}

export interface OfflineEvents {
  /** Messages wait for a user none of whose devices is connected; coalesced per user and conversation. */
  "offline.undelivered": { userId: string; conversationId: string; lastSeq: number; messages: number };
}
