import type { ConversationSettings } from "../contracts/entry.ts";
import type { ConversationType } from "../contracts/shapes.ts";
import type { MessageView } from "../domain/conversation/message-view.ts";
import type { ConversationRecord, Member } from "../domain/conversation/state.ts";
import type { Interval, StoredEntry } from "../domain/conversation/visibility.ts";

export type { ConversationRecord, Interval, Member, MessageView, StoredEntry };

/**
 * One conversation's share of a group commit. Everything in it derives from `entries` and is written with
 * or after them, never before; writing a row again whose `asOf` (`snapSeq` for the record) is not newer
 * changes nothing, so a replay is harmless. The first commit of a conversation carries its record.
 */
export interface Commit {
  conversationId: string;
  /** Contiguous, ascending; may be empty when only derived rows are written. */
  entries: StoredEntry[];
  record?: ConversationRecord;
  members?: Member[];
  views?: MessageView[];
  /**
   * Marks the conversation: it is active on this node incarnation, whatever it was marked with before. Durable no
   * later than `entries`, so that when the incarnation is gone, what it may have told nobody of is found.
   */
  activeOn?: string;
  /** `seq` of messages and edits whose content, metadata, mentions and attachments are emptied for good. */
  blank?: { seqs: number[]; deletedAt: string };
}

/** Nothing of the commit was stored, for certain. */
export class CommitRefused extends Error {
  /** "seq" or "clientMsgId": a unique index said no, someone else was first; "refused": the store would not. */
  readonly reason: "seq" | "clientMsgId" | "refused";
  constructor(reason: "seq" | "clientMsgId" | "refused", options?: ErrorOptions) {
    super(`commit refused: ${reason}`, options);
    this.name = "CommitRefused";
    this.reason = reason;
  }
}

/**
 * All of the commit's entries may be stored, a first part of them, or none: reload and look. One that is not there yet
 * may still come, as long as no other commit has taken its seq.
 */
export class CommitUnknown extends Error {
  constructor(options?: ErrorOptions) {
    super("commit outcome unknown", options);
    this.name = "CommitUnknown";
  }
}

/** The first `kept` entries of the commit are stored, and none behind them: the next one was refused. Reload and look, too. */
export class CommitCut extends CommitUnknown {
  readonly kept: number;
  constructor(kept: number, options?: ErrorOptions) {
    super(options);
    this.name = "CommitCut";
    this.kept = kept;
  }
}

export interface LoadedConversation {
  record: ConversationRecord;
  members: Member[];
  /** Above `record.snapSeq`, ascending, all of them. */
  tail: StoredEntry[];
  /** The last entry of the log, also when it lies within the snapshot. */
  last: { seq: number; n: number; createdAt: string };
}

export interface EntryRange {
  after: number;
  /** The last one wanted; the log's end if absent. */
  through?: number;
  limit: number;
  /** Newest first within the range, for paging back. */
  descending?: boolean;
  /** Entries of this kind only. */
  kind?: "message";
}

/** Who is in a conversation now, in short. */
export interface Roster {
  conversationId: string;
  memberCount: number;
  /** None in a direct conversation. */
  ownerId?: string;
}

/** The end of a log. */
export interface Head {
  conversationId: string;
  lastSeq: number;
  lastN: number;
  lastAt: string;
}

/** A conversation that has entries older than some time above its floor. */
export interface Prunable {
  conversationId: string;
  /** The last of those entries. */
  floorSeq: number;
  /** Time of the first entry above the floor. */
  oldestAt: string;
}

/** A membership with what the list of conversations needs of the conversation around it. */
export interface Membership {
  member: Member;
  type: ConversationType;
  epoch: number;
  settings: ConversationSettings;
  floorSeq: number;
  createdAt: string;
  lastSeq: number;
  lastN: number;
  /** Time of the last entry, or of the making of the conversation. */
  lastAt: string;
}

/** Where a conversation stands among a user's conversations. */
export interface Rank {
  at: string;
  conversationId: string;
}

export interface RankedMembership {
  membership: Membership;
  /** When something last came that the user may see. */
  at: string;
}

/**
 * The conversation log. Guarantees, whatever the adapter:
 * - `append` resolves when the commit is durable: it survives the death of this process and of the machine.
 * - The entries of a commit are stored whole and in order, or a first part of them (CommitUnknown or CommitCut), never
 *   with a hole: an entry is stored only if `seq - 1` is, or is 1.
 * - Unique: (conversationId, seq), (conversationId, senderId, clientMsgId) where there is one, (message id).
 * - An edit of a message that is emptied already, and a view of one, are emptied as they are stored.
 * - Reads see what `append` resolved, and nothing that can still roll back.
 * - Commits of different conversations do not fail each other.
 * - Every call settles within the adapter's time limit; a store that does not answer rejects with
 *   UnavailableError, an `append` that may have happened with CommitUnknown.
 * Times in entries are the caller's; they must not decrease within a log.
 */
export interface MessageLog {
  append(commit: Commit): Promise<void>;

  /** null if there is no such conversation. */
  load(conversationId: string): Promise<LoadedConversation | null>;
  entries(conversationId: string, range: EntryRange): Promise<StoredEntry[]>;
  /** The stored entries of these writes; those never stored are absent. */
  findByClientMsgId(conversationId: string, keys: { senderId: string; clientMsgId: string }[]): Promise<StoredEntry[]>;
  /** Where a message is; null if nowhere. */
  locate(messageId: string): Promise<{ conversationId: string; seq: number } | null>;
  /** Views of those of these messages that were changed. */
  views(conversationId: string, seqs: number[]): Promise<MessageView[]>;

  members(conversationId: string): Promise<Member[]>;
  member(conversationId: string, userId: string): Promise<Membership | null>;
  /** All conversations this user is or was in, in no order. */
  memberships(userId: string): Promise<Membership[]>;
  /**
   * Those below `before`, or the first: where something last came that the user may see, newest first. For who has left,
   * a conversation rests where it was left. Equal times are in an order that does not change. Once retention has taken
   * all that there was, `at` may be up to a day early.
   */
  latest(userId: string, limit: number, before?: Rank): Promise<RankedMembership[]>;
  rosters(conversationIds: string[]): Promise<Roster[]>;
  heads(conversationIds: string[]): Promise<Head[]>;
  /** Messages in (after, through] that mention this user or all, not sent by the user. */
  countMentions(conversationId: string, userId: string, after: number, through: number): Promise<number>;
  /** Distinct senders of messages in (after, through], each with the last such message. */
  senders(conversationId: string, after: number, through: number): Promise<{ senderId: string; seq: number }[]>;

  /** Empties messages whose `expiresAt` is not after `now`, and their edits; at most `limit`; answers how many. */
  expire(now: string, limit: number): Promise<number>;
  /** Deletes entries up to and with `floorSeq`, which the record must name already, at most `limit`; answers how many. */
  prune(conversationId: string, limit: number): Promise<number>;
  /** Those that have entries older than `before` above their floor, by the age of the oldest; from behind `after` on. */
  prunable(before: string, limit: number, after?: Prunable): Promise<Prunable[]>;
  /** The last entry above the floor that is older than `before`; 0 if there is none. */
  lastBefore(conversationId: string, before: string): Promise<number>;

  /** The incarnations that any conversation is marked with. */
  incarnations(): Promise<string[]>;
  /** Conversations that are marked with this incarnation, from behind `after` on in an order of the store's own. */
  activeOn(incarnation: string, limit: number, after?: string): Promise<string[]>;
  /** Takes this incarnation's mark off these conversations. Those that another one has marked since stay so. */
  unmark(incarnation: string, conversationIds: string[]): Promise<void>;

  /** Resolves if the store answers and would take a commit. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
