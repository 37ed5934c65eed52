import type { DeleteEntry, EditEntry, LoggedEntry, PinEntry, ReactionEntry } from "../../contracts/entry.ts";

/** A message as changes have left it, whole. Only messages that were changed have one. */
export interface MessageView {
  conversationId: string;
  /** Of the message itself. */
  seq: number;
  /** `seq` of the last change in it. */
  asOf: number;
  content?: string;
  metadata?: Record<string, unknown>;
  mentions?: "all" | string[];
  editedAt?: string;
  deletedAt?: string;
  pinned?: boolean;
  /** emoji → users, in the order they came. */
  reactions: Record<string, string[]>;
  /** `seq` of its `edit` entries, which are blanked with it. */
  edits: number[];
}

export type ChangeEntry = EditEntry | DeleteEntry | ReactionEntry | PinEntry;

export function isChange(entry: LoggedEntry): entry is ChangeEntry {
  return entry.kind === "edit" || entry.kind === "delete" || entry.kind === "reaction" || entry.kind === "pin";
}

/** The view of the message at `seq` after `change`; the same one if it has that change already. */
export function changedView(view: MessageView | undefined, seq: number, change: ChangeEntry): MessageView {
  const before = view ?? { conversationId: change.conversationId, seq, asOf: seq, reactions: {}, edits: [] };
  if (change.seq <= before.asOf) return before;
  const after = { ...before, asOf: change.seq };
  switch (change.kind) {
    case "edit":
      return edited(after, change);
    case "delete":
      return deleted(after, change.createdAt);
    case "reaction":
      return { ...after, reactions: reacted(before.reactions, change) };
    case "pin":
      return { ...after, pinned: change.op === "add" };
  }
}

/** Who reacted so. Reactions are any text, also what every object answers to. */
export function reactorsOf(reactions: MessageView["reactions"], emoji: string): string[] {
  return Object.hasOwn(reactions, emoji) ? (reactions[emoji] ?? []) : [];
}

function edited(view: MessageView, edit: EditEntry): MessageView {
  return {
    ...view,
    content: edit.content,
    metadata: edit.metadata ?? view.metadata,
    mentions: edit.mentions ?? view.mentions,
    editedAt: edit.createdAt,
    edits: [...view.edits, edit.seq],
  };
}

function deleted({ conversationId, seq, asOf, edits }: MessageView, deletedAt: string): MessageView {
  return { conversationId, seq, asOf, edits, deletedAt, reactions: {} };
}

function reacted(reactions: MessageView["reactions"], { emoji, op, senderId }: ReactionEntry): MessageView["reactions"] {
  const others = reactorsOf(reactions, emoji).filter((userId) => userId !== senderId);
  const after = { ...reactions, [emoji]: op === "add" ? [...others, senderId] : others };
  return Object.fromEntries(Object.entries(after).filter(([, users]) => users.length > 0));
}
