import type { ConversationsActions } from "./services/conversations.ts";
import type { OfflineActions } from "./services/offline.ts";
import type { PresenceActions } from "./services/presence.ts";

/** What the services offer that keep actors. */
export interface ActorServices extends ConversationsActions, OfflineActions, PresenceActions {}

type KeyOf = { [N in keyof ActorServices]?: keyof ActorServices[N]["params"] & string };

/**
 * Actions that run as a turn of one actor, and the parameter that names it. The placement middleware sends
 * a call of one of these to the node that owns the key; the service there runs it in that actor's mailbox.
 */
export const actorActions = {
  "conversations.append": "conversationId",
  "conversations.change": "conversationId",
  "conversations.hide": "conversationId",
  "conversations.openDirect": "conversationId",
  "conversations.createGroup": "conversationId",
  "conversations.membership": "conversationId",
  "conversations.update": "conversationId",
  "conversations.group": "conversationId",
  "conversations.members": "conversationId",
  "conversations.present": "conversationId",
  "conversations.cursor": "conversationId",
  "conversations.typing": "conversationId",
  "conversations.receipts": "conversationId",
  "offline.note": "conversationId",
  "presence.set": "userId",
} as const satisfies KeyOf;

export type ActorActionName = keyof typeof actorActions;
