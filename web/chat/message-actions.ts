import type { Conversation, CurrentMessage } from "../../client/index.ts";

/** What a user can ask for at a message. */
export interface MessageActions {
  reply(message: CurrentMessage): void;
  edit(message: CurrentMessage): void;
  delete(message: CurrentMessage): void;
  react(message: CurrentMessage, emoji: string): void;
  copy(message: CurrentMessage): void;
}

/** Offered first. */
export const quickReactions = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** Reacting in the same way again takes it back. */
export const reactionTo = ({ id, reactions }: CurrentMessage, emoji: string) => ({
  id,
  emoji,
  op: reactions[emoji]?.me ? ("remove" as const) : ("add" as const),
});

export const canWrite = ({ leftSeq, group }: Conversation): boolean => leftSeq === undefined && !group?.closed;

export const canEdit = ({ senderId, type, deletedAt }: CurrentMessage, userId: string): boolean =>
  senderId === userId && type === "text" && !deletedAt;

export function canDeleteForAll(message: CurrentMessage, conversation: Conversation, userId: string): boolean {
  if (message.deletedAt || !canWrite(conversation)) return false;
  return message.senderId === userId || (conversation.group !== undefined && conversation.group.myRole !== "member");
}
