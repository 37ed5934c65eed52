import type { EditEntry, LoggedEntry, MessageEntry } from "../../contracts/entry.ts";

/** The message as it is left by deletion or expiry: in its place, emptied. */
export function blankMessage(entry: MessageEntry, deletedAt: string): MessageEntry {
  const { metadata, mentions, attachments, ...rest } = entry;
  return { ...rest, content: "", deletedAt };
}

/** An edit of a message that was deleted or has expired. */
export function blankEdit(entry: EditEntry): EditEntry {
  const { metadata, mentions, ...rest } = entry;
  return { ...rest, content: "" };
}

/** Since when the message is no more, if it is no more: deleted, or past its time though not yet swept. */
export function goneSince(entry: MessageEntry, now: string): string | undefined {
  if (entry.deletedAt !== undefined) return entry.deletedAt;
  return entry.expiresAt !== undefined && entry.expiresAt <= now ? entry.expiresAt : undefined;
}

/** The entry as it may be shown at `now`. */
export function presentable<E extends LoggedEntry>(entry: E, now: string): E | MessageEntry {
  if (entry.kind !== "message" || entry.deletedAt !== undefined) return entry;
  const since = goneSince(entry, now);
  return since === undefined ? entry : blankMessage(entry, since);
}
