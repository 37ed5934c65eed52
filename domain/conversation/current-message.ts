import type { CurrentMessage, MessageEntry, Metadata } from "../../contracts/entry.ts";
import { blankMessage } from "./blank.ts";
import type { MessageView } from "./message-view.ts";

/** The message as it is now for one user. An emptied one shows nothing of its changes. */
export function currentMessage(message: MessageEntry, view: MessageView | undefined, userId: string): CurrentMessage {
  const now = { ...withEdits(message, view), reactions: {} };
  if (!view || now.deletedAt !== undefined) return now;
  return {
    ...now,
    ...(view.editedAt !== undefined && { editedAt: view.editedAt }),
    reactions: countReactions(view.reactions, userId),
    ...(view.pinned && { pinned: true }),
  };
}

/** The message with what its edits say, and no other sign of them. */
export function withEdits(message: MessageEntry, view: MessageView | undefined): MessageEntry {
  if (!view || message.deletedAt !== undefined) return message;
  if (view.deletedAt !== undefined) return blankMessage(message, view.deletedAt);
  const { content, mentions } = view;
  // It was validated when it was sent.
  const metadata = view.metadata as Metadata | undefined;
  return { ...message, ...(content !== undefined && { content }), ...(metadata && { metadata }), ...(mentions && { mentions }) };
}

function countReactions(reactions: MessageView["reactions"], userId: string): CurrentMessage["reactions"] {
  return Object.fromEntries(
    Object.entries(reactions)
      .filter(([, users]) => users.length > 0)
      .map(([emoji, users]) => [emoji, { count: users.length, me: users.includes(userId) }]),
  );
}
