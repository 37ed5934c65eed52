import type { ActionName } from "./caller.ts";

/**
 * Actions that no actor owns and that may run twice: they read, or set what is the same when it is set again. When the
 * node that was asked goes before it has answered, another one is asked (see node/transport/asked-again.ts).
 */
export const repeatableActions: ReadonlySet<string> = new Set<ActionName>([
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
]);
