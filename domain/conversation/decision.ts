import type { LoggedEntry } from "../../contracts/entry.ts";
import type { ConversationState } from "./state.ts";

/** What a decision may know beside the state. `now` is not before the log's last entry. */
export interface Moment {
  /** The id of the entry that it makes, the same however often it is decided again. */
  id: string;
  now: string;
}

/**
 * What a command comes to. `founded` is the conversation that it makes; `entry` the next one of the log.
 * Without an entry it answers at once, and `again` is an entry that everybody should be sent once more.
 */
export type Decision<A> =
  | { entry: LoggedEntry; founded?: ConversationState }
  | { answer: A; founded?: ConversationState; again?: LoggedEntry };

/** What its sender numbered itself: stored once. */
export interface ClientWrite {
  senderId: string;
  clientMsgId: string;
}

/** A turn's work, written so that it can be decided again when the state turns out to have been another. */
export interface Command<A> {
  /** The session that has the answer, and so is not sent the entry. */
  sessionId?: string;
  /** The write that it is, by which a repetition is known. */
  write?: ClientWrite;
  /** Fetches what `decide` needs and the state does not hold; undefined when it lacks nothing. */
  prepare?(state: ConversationState | null): Promise<void> | undefined;
  /** null = there is no such conversation. Throws a ChatError for an answer of that kind. */
  decide(state: ConversationState | null, moment: Moment): Decision<A>;
  /** The answer once `entry` is the log's; `state` has it. */
  answer(entry: LoggedEntry, state: ConversationState): A;
}

/** The parts that every next entry has. */
export function nextEntry(state: ConversationState, { id, now }: Moment, senderId: string, messages: 0 | 1 = 0) {
  const { conversationId, lastSeq, lastN } = state;
  return { conversationId, seq: lastSeq + 1, id, senderId, createdAt: now, n: lastN + messages };
}
