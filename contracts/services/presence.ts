import type { Presence, Status } from "../shapes.ts";
import type { Viewer } from "../viewer.ts";

export interface PresenceActions {
  /** (actor) What the user says of itself while connected; offline is not said, it happens. */
  "presence.set": { params: { userId: string; status: Exclude<Status, "offline"> }; returns: void };
  /** As that user's privacy allows; NOT_FOUND for an unknown user. */
  "presence.get": { params: { viewer: Viewer; userId: string }; returns: Presence };
  /**
   * Adds to what this session, of the gateway that is that node, watches (500 in all, else VALIDATION) and answers how it
   * is now. The node that is asked keeps it as long as the gateway and itself are there.
   */
  "presence.watch": {
    params: { viewer: Viewer & { sessionId: string }; gateway: string; userIds: string[] };
    returns: { items: Presence[] };
  };
  "presence.unwatch": { params: { viewer: Viewer & { sessionId: string }; userIds: string[] }; returns: void };
  /** Nobody at that gateway watches anybody any more, as far as the asked node goes. */
  "presence.forget": { params: { nodeID: string }; returns: void };
  /** What users have said, where it is not "online", in parts: for a node that was not there to hear it. */
  "presence.statuses": {
    params: { from: number };
    returns: { said: [userId: string, status: Exclude<Status, "offline">][]; next?: number };
  };
}

export interface PresenceEvents {
  /** What a user said on one node; all that keep presence go by it. */
  "presence.said": PresenceActions["presence.set"]["params"];
  /** A user came, went (after the grace time) or said something else. */
  "presence.changed": { userId: string; status: Status; lastSeenAt?: string };
}
