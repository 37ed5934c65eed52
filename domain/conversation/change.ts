import type { LoggedEntry, Mentions, Metadata } from "../../contracts/entry.ts";
import { ConflictError, ForbiddenError, GoneError, NotFoundError, ValidationError } from "../../contracts/errors.ts";
import { limits } from "../../contracts/limits.ts";
import type { MessageChange } from "../../contracts/services/conversations.ts";
import { asMember, asWriter, seenMessage } from "./access.ts";
import { goneSince } from "./blank.ts";
import { type Decision, type Moment, nextEntry } from "./decision.ts";
import { repeatedEdit } from "./dedupe.ts";
import { reactorsOf } from "./message-view.ts";
import { type ConversationState, type KnownMessage, type Member, writeKey } from "./state.ts";

export interface Change {
  userId: string;
  messageId: string;
  change: MessageChange;
}

/** The message that a user asks for by id; NOT_FOUND if that user may not see it. */
export function findMessage(existing: ConversationState | null, userId: string, messageId: string): KnownMessage {
  const { state, member } = asMember(existing, userId);
  return found(state, member, messageId);
}

/** Answers the `seq` of the change; of the last one before it when there is nothing to change. */
export function decideChange(
  existing: ConversationState | null,
  { userId, messageId, change }: Change,
  moment: Moment,
): Decision<number> {
  asMember(existing, userId);
  const { state, member } = asWriter(existing, userId);
  const message = found(state, member, messageId);
  const { view, entry: target } = message;
  const unchanged: Decision<number> = { answer: view?.asOf ?? target.seq };
  if (change.op === "delete") {
    if (target.senderId !== userId && member.role === "member")
      throw new ForbiddenError("only its author or an admin deletes a message");
    if (target.deletedAt !== undefined) return unchanged;
    return { entry: { ...nextEntry(state, moment, userId), kind: "delete", target: messageId } };
  }
  if (change.op === "edit") return decideEdit(state, userId, message, change, moment);
  refuseGone(message, moment.now);
  if (change.op === "pin") {
    if (Boolean(view?.pinned) !== change.remove) return unchanged;
    return { entry: { ...nextEntry(state, moment, userId), kind: "pin", target: messageId, op: opOf(change) } };
  }
  const users = view ? reactorsOf(view.reactions, change.emoji) : [];
  if (users.includes(userId) !== change.remove) return unchanged;
  if (!change.remove && users.length === 0) refuseMoreEmoji(message);
  return {
    entry: { ...nextEntry(state, moment, userId), kind: "reaction", target: messageId, emoji: change.emoji, op: opOf(change) },
  };
}

type EditChange = { content: string; metadata?: Metadata; mentions?: Mentions; clientMsgId?: string };

function decideEdit(
  state: ConversationState,
  userId: string,
  message: KnownMessage,
  change: EditChange,
  moment: Moment,
): Decision<number> {
  if (message.entry.senderId !== userId) throw new ForbiddenError("only its author edits a message");
  const { content, metadata, mentions, clientMsgId } = change;
  const target = message.entry.id;
  const stored = clientMsgId === undefined ? undefined : state.writes.get(writeKey(userId, clientMsgId));
  if (stored) {
    const first = repeatedEdit(stored, { target, content, metadata, mentions });
    return { answer: first.seq, again: first };
  }
  refuseGone(message, moment.now);
  if (content === "" && !message.entry.attachments?.length)
    throw ValidationError.at("content", "is empty, and nothing is attached");
  if (saysAlready(message, change)) return { answer: message.view?.asOf ?? message.entry.seq };
  const entry: LoggedEntry = { ...nextEntry(state, moment, userId), kind: "edit", target, content };
  if (clientMsgId !== undefined) entry.clientMsgId = clientMsgId;
  if (metadata !== undefined) entry.metadata = metadata;
  if (mentions !== undefined) entry.mentions = mentions;
  return { entry };
}

function found(state: ConversationState, member: Member, messageId: string): KnownMessage {
  const message = seenMessage(state, member, messageId);
  if (!message) throw new NotFoundError("no such message");
  return message;
}

const opOf = ({ remove }: { remove: boolean }) => (remove ? "remove" : "add");

function refuseGone({ entry }: KnownMessage, now: string): void {
  if (goneSince(entry, now) !== undefined) throw new GoneError("this message is no more");
}

function refuseMoreEmoji({ view }: KnownMessage): void {
  if (Object.keys(view?.reactions ?? {}).length < limits.reactionsPerMessage) return;
  throw new ConflictError("this message has too many different reactions");
}

function saysAlready({ entry, view }: KnownMessage, { content, metadata, mentions }: EditChange): boolean {
  return (view?.content ?? entry.content) === content && metadata === undefined && mentions === undefined;
}
