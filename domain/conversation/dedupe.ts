import { isDeepStrictEqual } from "node:util";
import type { LoggedEntry, MessageEntry } from "../../contracts/entry.ts";
import { ConflictError } from "../../contracts/errors.ts";
import type { OutgoingMessage } from "../../contracts/socket-events.ts";

export type Edit = { target: string; content: string; metadata?: unknown; mentions?: unknown };

/** The message that `message` repeats; CONFLICT if it says something else. What is emptied repeats anything. */
export function repeatedMessage(stored: LoggedEntry, message: OutgoingMessage): MessageEntry {
  if (stored.kind === "message" && (stored.deletedAt !== undefined || saysTheSame(stored, message))) return stored;
  throw usedOtherwise();
}

/** As `repeatedMessage`, for an edit; an emptied edit has no content left to compare. */
export function repeatedEdit(stored: LoggedEntry, edit: Edit): LoggedEntry {
  if (stored.kind === "edit" && stored.target === edit.target && (stored.content === "" || saysTheSameEdit(stored, edit))) {
    return stored;
  }
  throw usedOtherwise();
}

const usedOtherwise = () => new ConflictError("this clientMsgId was used for something else");

function saysTheSame(stored: MessageEntry, message: OutgoingMessage): boolean {
  return (
    stored.type === message.type &&
    stored.content === message.content &&
    stored.replyTo === message.replyTo &&
    stored.forwardedFrom === message.forwardedFrom &&
    lifetime(stored) === message.expiresIn &&
    same(stored.metadata, message.metadata) &&
    same(stored.mentions, message.mentions) &&
    same(stored.attachments, message.attachments)
  );
}

function saysTheSameEdit(stored: Edit, edit: Edit): boolean {
  return stored.content === edit.content && same(stored.metadata, edit.metadata) && same(stored.mentions, edit.mentions);
}

/** The `expiresIn` with which it was sent. */
function lifetime({ createdAt, expiresAt }: MessageEntry): number | undefined {
  return expiresAt === undefined ? undefined : (Date.parse(expiresAt) - Date.parse(createdAt)) / 1000;
}

/** Equal as JSON carries them: one of the two may have been through a store. */
function same(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}
