import type { Presence, Status } from "../shapes.ts";
import type { Viewer } from "../viewer.ts";

export interface PresenceActions {
  /** What the user says of itself while connected; offline is not said, it happens. */
  "presence.set": { params: { userId: string; status: Exclude<Status, "offline"> }; returns: void };
  /** As that user's privacy allows; NOT_FOUND for an unknown user. */
  "presence.get": { params: { viewer: Viewer; userId: string }; returns: Presence };
  /** Adds to what this session watches (500 in all, else VALIDATION) and answers how it is now. */
  "presence.watch": { params: { viewer: Viewer & { sessionId: string }; userIds: string[] }; returns: { items: Presence[] } };
  "presence.unwatch": { params: { viewer: Viewer & { sessionId: string }; userIds: string[] }; returns: void };
}

export interface PresenceEvents {
  /** What a user said on one node; all that keep presence go by it. */
  "presence.said": PresenceActions["presence.set"]["params"];
  /** A user came, went (after the grace time) or said something else. */
  "presence.changed": { userId: string; status: Status; lastSeenAt?: string };
}
