import type { AuthActions } from "./services/auth.ts";
import type { ConversationsActions } from "./services/conversations.ts";
import type { GroupsActions } from "./services/groups.ts";
import type { OfflineActions } from "./services/offline.ts";
import type { PresenceActions } from "./services/presence.ts";
import type { RouterActions } from "./services/routing.ts";
import type { UsersActions } from "./services/users.ts";

/** What the services offer that any node of theirs can answer for. */
export interface RepeatableServices
  extends AuthActions,
    ConversationsActions,
    GroupsActions,
    OfflineActions,
    PresenceActions,
    RouterActions,
    UsersActions {}

/**
 * Actions that no actor owns and that may run twice: they read, or set what is the same when it is set again. Between
 * nodes they travel as turns do, and when the node that was asked says nothing another one is asked.
 */
const names = [
  "auth.sessions",
  "auth.verifyToken",
  "conversations.backlog",
  "conversations.changes",
  "conversations.enrolDevice",
  "conversations.entries",
  "conversations.fill",
  "conversations.forgetDevice",
  "conversations.get",
  "conversations.heads",
  "conversations.history",
  "conversations.list",
  "conversations.locate",
  "conversations.noteProfile",
  "conversations.patch",
  "conversations.sync",
  "groups.get",
  "groups.list",
  "groups.members",
  "offline.backlog",
  "presence.get",
  "router.resolve",
  "users.find",
  "users.get",
  "users.me",
  "users.resolve",
  "users.search",
] as const satisfies (keyof RepeatableServices)[];

export type RepeatableActionName = (typeof names)[number];
export const repeatableActions: ReadonlySet<string> = new Set(names);
