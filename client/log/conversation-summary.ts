import type { Entry, MessageEntry } from "../../contracts/entry.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import type { ServerData } from "../../contracts/socket-events.ts";
import { changedMessage } from "./conversation-state.ts";

/** The conversation, as one user's list shows it, after the next entry of its log. */
export function summaryWithEntry(conversation: Conversation, entry: Entry, userId: string): Conversation {
  const lastSeq = entry.kind === "hidden" ? entry.through : entry.seq;
  if (lastSeq <= conversation.lastSeq) return conversation;
  const after = { ...conversation, lastSeq };
  switch (entry.kind) {
    case "message":
      return withMessage(after, entry, userId);
    case "edit":
    case "delete": {
      const { lastMessage } = conversation;
      if (lastMessage?.id !== entry.target) return after;
      const {
        editedAt: _editedAt,
        reactions: _reactions,
        ...message
      } = changedMessage({ ...lastMessage, reactions: {} }, entry, userId);
      return { ...after, lastMessage: message };
    }
    default:
      return after;
  }
}

function withMessage(conversation: Conversation, message: MessageEntry, userId: string): Conversation {
  const { seq, n, senderId, createdAt } = message;
  const after = { ...conversation, lastN: n, lastMessage: message, lastMessageAt: createdAt };
  if (senderId === userId) return asRead({ ...after, deliveredSeq: Math.max(conversation.deliveredSeq, seq) }, seq);
  const mentioned = message.mentions === "all" || message.mentions?.includes(userId);
  return { ...after, unread: after.unread + 1, unreadMentions: after.unreadMentions + (mentioned ? 1 : 0) };
}

const asRead = (conversation: Conversation, readSeq: number): Conversation => ({
  ...conversation,
  readSeq,
  readN: conversation.lastN,
  unread: 0,
  unreadMentions: 0,
});

/**
 * The conversation after a receipt. Undefined when it cannot be told from here and has to be fetched: how many
 * messages a reading in the middle leaves, or who is last in a group.
 */
export function summaryWithReceipt(
  conversation: Conversation,
  receipt: ServerData<"receipt">,
  userId: string,
): Conversation | undefined {
  if (!("userId" in receipt)) return undefined;
  const { readSeq = 0 } = receipt;
  const deliveredSeq = Math.max(receipt.deliveredSeq ?? 0, readSeq);
  if (receipt.userId === userId) {
    const mine = { ...conversation, deliveredSeq: Math.max(conversation.deliveredSeq, deliveredSeq) };
    if (readSeq <= conversation.readSeq) return mine;
    return readSeq >= conversation.lastSeq ? asRead(mine, readSeq) : undefined;
  }
  if (conversation.type !== "direct") return undefined;
  const { others } = conversation;
  const after = { deliveredSeq: Math.max(others.deliveredSeq, deliveredSeq), readSeq: Math.max(others.readSeq, readSeq) };
  return { ...conversation, others: after };
}
