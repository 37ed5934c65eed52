import type {
  Commit,
  EntryRange,
  Head,
  LoadedConversation,
  Member,
  Membership,
  MessageLog,
  MessageView,
  Prunable,
  Rank,
  RankedMembership,
  Roster,
  StoredEntry,
} from "./message-log.ts";
import { LogEnds } from "./mongo/log-ends.ts";
import { LogReader } from "./mongo/log-reader.ts";
import { LogWriter } from "./mongo/log-writer.ts";
import { Marks } from "./mongo/marks.ts";
import type { MongoDatabase } from "./mongo/mongo-database.ts";
import { Retention } from "./mongo/retention.ts";

/** The message log in MongoDB: one document an entry, written to most servers of the replica set and read from its primary. */
export class MongoMessageLog implements MessageLog {
  readonly #database: MongoDatabase;
  readonly #reader: LogReader;
  readonly #writer: LogWriter;
  readonly #retention: Retention;
  readonly #marks: Marks;

  constructor(database: MongoDatabase) {
    const ends = new LogEnds(database);
    this.#database = database;
    this.#reader = new LogReader(database, ends);
    this.#writer = new LogWriter(database, ends);
    this.#retention = new Retention(database);
    this.#marks = new Marks(database);
  }

  append(commit: Commit): Promise<void> {
    return this.#database.commit(() => this.#writer.append(commit));
  }

  load(conversationId: string): Promise<LoadedConversation | null> {
    return this.#database.call(() => this.#reader.load(conversationId));
  }

  entries(conversationId: string, range: EntryRange): Promise<StoredEntry[]> {
    return this.#database.call(() => this.#reader.entries(conversationId, range));
  }

  findByClientMsgId(conversationId: string, keys: { senderId: string; clientMsgId: string }[]): Promise<StoredEntry[]> {
    return this.#database.call(() => this.#reader.findByClientMsgId(conversationId, keys));
  }

  locate(messageId: string): Promise<{ conversationId: string; seq: number } | null> {
    return this.#database.call(() => this.#reader.locate(messageId));
  }

  views(conversationId: string, seqs: number[]): Promise<MessageView[]> {
    return this.#database.call(() => this.#reader.views(conversationId, seqs));
  }

  members(conversationId: string): Promise<Member[]> {
    return this.#database.call(() => this.#reader.members(conversationId));
  }

  member(conversationId: string, userId: string): Promise<Membership | null> {
    return this.#database.call(() => this.#reader.member(conversationId, userId));
  }

  memberships(userId: string): Promise<Membership[]> {
    return this.#database.call(() => this.#reader.memberships(userId));
  }

  latest(userId: string, limit: number, before?: Rank): Promise<RankedMembership[]> {
    return this.#database.call(() => this.#reader.latest(userId, limit, before));
  }

  rosters(conversationIds: string[]): Promise<Roster[]> {
    return this.#database.call(() => this.#reader.rosters(conversationIds));
  }

  heads(conversationIds: string[]): Promise<Head[]> {
    return this.#database.call(() => this.#reader.heads(conversationIds));
  }

  countMentions(conversationId: string, userId: string, after: number, through: number): Promise<number> {
    return this.#database.call(() => this.#reader.countMentions(conversationId, userId, after, through));
  }

  senders(conversationId: string, after: number, through: number): Promise<{ senderId: string; seq: number }[]> {
    return this.#database.call(() => this.#reader.senders(conversationId, after, through));
  }

  expire(now: string, limit: number): Promise<number> {
    return this.#database.call(() => this.#retention.expire(now, limit));
  }

  prune(conversationId: string, limit: number): Promise<number> {
    return this.#database.call(() => this.#retention.prune(conversationId, limit));
  }

  prunable(before: string, limit: number, after?: Prunable): Promise<Prunable[]> {
    return this.#database.call(() => this.#retention.prunable(before, limit, after));
  }

  lastBefore(conversationId: string, before: string): Promise<number> {
    return this.#database.call(() => this.#retention.lastBefore(conversationId, before));
  }

  incarnations(): Promise<string[]> {
    return this.#database.call(() => this.#marks.incarnations());
  }

  activeOn(incarnation: string, limit: number, after?: string): Promise<string[]> {
    return this.#database.call(() => this.#marks.activeOn(incarnation, limit, after));
  }

  unmark(incarnation: string, conversationIds: string[]): Promise<void> {
    return this.#database.call(() => this.#marks.unmark(incarnation, conversationIds));
  }

  ping(): Promise<void> {
    return this.#database.call(() => this.#database.ping());
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
