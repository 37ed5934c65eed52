import type { UpdateStatement } from "./mongo-database.ts";

const written = { metadata: "", mentions: "", attachments: "" };

/**
 * Take the content out of messages and their edits for good. The first `deletedAt` of a message stays; it comes last, so
 * that where it is nothing is left to be emptied.
 */
export function emptyEntries(conversationId: string, seqs: number[], deletedAt: Date): UpdateStatement[] {
  const these = { conversationId, seq: { $in: seqs } };
  return [
    {
      q: { ...these, kind: { $in: ["message", "edit"] } },
      u: { $set: { content: "" }, $unset: written },
      multi: true,
    },
    { q: { ...these, kind: "message", deletedAt: { $exists: false } }, u: { $set: { deletedAt } }, multi: true },
  ];
}

/** As `emptyEntries`, for the view of a message. */
export function emptyView(conversationId: string, seq: number, deletedAt: Date): UpdateStatement[] {
  const this_ = { conversationId, seq };
  return [
    { q: { ...this_, deletedAt: { $exists: false } }, u: { $set: { deletedAt: deletedAt.toISOString() } } },
    { q: this_, u: { $set: { content: "" }, $unset: written } },
  ];
}

/** Says that these messages and all that belongs to them are emptied. */
export function nothingDue(conversationId: string, seqs: number[]): UpdateStatement {
  return { q: { conversationId, seq: { $in: seqs } }, u: { $unset: { dueAt: "" } }, multi: true };
}
