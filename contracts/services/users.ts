import type { Me, Privacy, User } from "../shapes.ts";
import type { Viewer } from "../viewer.ts";

/** A user with what other services must know to respect that user's wishes. */
export interface KnownUser {
  user: User;
  privacy: Privacy;
  lastSeenAt?: string;
}

export interface ProfilePatch {
  displayName?: string;
  avatarUrl?: string | null;
  statusMessage?: string | null;
  privacy?: Partial<Privacy>;
}

export interface UsersActions {
  "users.me": { params: { viewer: Viewer }; returns: Me };
  "users.updateMe": { params: { viewer: Viewer; patch: ProfilePatch }; returns: Me };
  /** As the viewer may see that user; NOT_FOUND. */
  "users.get": { params: { viewer: Viewer; userId: string }; returns: User };
  "users.search": {
    params: { viewer: Viewer; q: string; limit: number; cursor?: string };
    returns: { items: User[]; nextCursor?: string };
  };
  /** Those of `userIds` that exist, from memory where it can. For services, not for clients. */
  "users.resolve": { params: { userIds: string[] }; returns: KnownUser[] };
  /** By id or by username; NOT_FOUND. For operators. */
  "users.find": { params: { user: string }; returns: User };
  "users.seen": { params: { userId: string; at: number }; returns: void };
}

export interface UsersEvents {
  /** `me` for the user's own devices; caches of the others drop the user. */
  "user.changed": { userId: string; me: Me; deviceId?: string };
}
