import type { MessageEntry } from "../../contracts/entry.ts";
import { ForbiddenError, NotFoundError, ValidationError } from "../../contracts/errors.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import type { OutgoingMessage, SendAnswer } from "../../contracts/socket-events.ts";
import { asMember, asWriter, seenMessage } from "./access.ts";
import { presentable } from "./blank.ts";
import { type Decision, type Moment, nextEntry } from "./decision.ts";
import { repeatedMessage } from "./dedupe.ts";
import { foundDirect } from "./founding.ts";
import { type ConversationState, writeKey } from "./state.ts";

export interface Send {
  conversationId: string;
  senderId: string;
  message: OutgoingMessage;
  /** The other one of the direct conversation, which is made if it is not there. */
  peer?: Peer;
}

/** Looked up only for a conversation that is not there yet. */
export interface Peer {
  userId: string;
  known?: KnownUser;
  lookedUp?: boolean;
}

/** Who may not write any more is still told what became of what was written before. */
export function decideSend(existing: ConversationState | null, send: Send, moment: Moment): Decision<SendAnswer> {
  const founded = existing || !send.peer ? undefined : openedDirect(send.conversationId, send.senderId, send.peer, moment.now);
  const { senderId, message } = send;
  const { state, member } = asMember(existing ?? founded ?? null, senderId);
  const stored = state.writes.get(writeKey(senderId, message.clientMsgId));
  if (stored) {
    const first = presentable(repeatedMessage(stored, message), moment.now);
    return { answer: { ...first, duplicate: true }, again: first };
  }
  asWriter(state, senderId);
  if (message.replyTo !== undefined && !seenMessage(state, member, message.replyTo)) {
    throw ValidationError.at("replyTo", "is not a message of this conversation");
  }
  return { entry: messageEntry(state, send, moment), founded };
}

/** The direct conversation of two users who have none yet. */
export function openedDirect(conversationId: string, userId: string, peer: Peer, now: string): ConversationState {
  if (!peer.known || peer.known.user.erased) throw new NotFoundError("no such user");
  if (peer.known.privacy.messages !== "everyone") throw new ForbiddenError("this user does not take messages from you");
  return foundDirect(conversationId, [userId, peer.userId], now);
}

function messageEntry(state: ConversationState, { senderId, message }: Send, moment: Moment): MessageEntry {
  const { expiresIn, ...body } = message;
  const entry: MessageEntry = { ...nextEntry(state, moment, senderId, 1), kind: "message", ...body };
  if (expiresIn !== undefined) entry.expiresAt = new Date(Date.parse(moment.now) + expiresIn * 1000).toISOString();
  return entry;
}
