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
import { encodeCommit, millis, weigh } from "./sqlite/commit-codec.ts";
import type { MessageDatabase } from "./sqlite/message-database.ts";

/**
 * The message log in SQLite. Writes of all conversations share transactions on a thread of their own; reads run
 * here, at once, on a connection that sees only what is committed.
 */
export class SqliteMessageLog implements MessageLog {
  readonly #database: MessageDatabase;

  constructor(database: MessageDatabase) {
    this.#database = database;
  }

  async append(commit: Commit): Promise<void> {
    const encoded = encodeCommit(commit);
    await this.#database.writes.submit("commit", encoded, weigh(encoded));
  }

  async load(conversationId: string): Promise<LoadedConversation | null> {
    return this.#database.read(({ log }) => log.load(conversationId));
  }

  async entries(conversationId: string, range: EntryRange): Promise<StoredEntry[]> {
    return this.#database.read(({ log }) => log.entries(conversationId, range));
  }

  async findByClientMsgId(conversationId: string, keys: { senderId: string; clientMsgId: string }[]): Promise<StoredEntry[]> {
    return this.#database.read(({ log }) => log.findByClientMsgId(conversationId, keys));
  }

  async locate(messageId: string): Promise<{ conversationId: string; seq: number } | null> {
    return this.#database.read(({ log }) => log.locate(messageId));
  }

  async views(conversationId: string, seqs: number[]): Promise<MessageView[]> {
    return this.#database.read(({ log }) => log.views(conversationId, seqs));
  }

  async members(conversationId: string): Promise<Member[]> {
    return this.#database.read(({ log }) => log.members(conversationId));
  }

  async member(conversationId: string, userId: string): Promise<Membership | null> {
    return this.#database.read(({ log }) => log.member(conversationId, userId));
  }

  async memberships(userId: string): Promise<Membership[]> {
    return this.#database.read(({ log }) => log.memberships(userId));
  }

  async latest(userId: string, limit: number, before?: Rank): Promise<RankedMembership[]> {
    return this.#database.read(({ log }) => log.latest(userId, limit, before));
  }

  async rosters(conversationIds: string[]): Promise<Roster[]> {
    return this.#database.read(({ log }) => log.rosters(conversationIds));
  }

  async heads(conversationIds: string[]): Promise<Head[]> {
    return this.#database.read(({ log }) => log.heads(conversationIds));
  }

  async countMentions(conversationId: string, userId: string, after: number, through: number): Promise<number> {
    return this.#database.read(({ log }) => log.countMentions(conversationId, userId, after, through));
  }

  async senders(conversationId: string, after: number, through: number): Promise<{ senderId: string; seq: number }[]> {
    return this.#database.read(({ log }) => log.senders(conversationId, after, through));
  }

  expire(now: string, limit: number): Promise<number> {
    return this.#database.write("expire", { now: millis(now), limit });
  }

  prune(conversationId: string, limit: number): Promise<number> {
    return this.#database.write("prune", { conversationId, limit });
  }

  async prunable(before: string, limit: number, after?: Prunable): Promise<Prunable[]> {
    return this.#database.read(({ log }) => log.prunable(before, limit, after));
  }

  async lastBefore(conversationId: string, before: string): Promise<number> {
    return this.#database.read(({ log }) => log.lastBefore(conversationId, before));
  }

  async incarnations(): Promise<string[]> {
    return this.#database.read(({ log }) => log.incarnations());
  }

  async activeOn(incarnation: string, limit: number, after?: string): Promise<string[]> {
    return this.#database.read(({ log }) => log.activeOn(incarnation, limit, after));
  }

  async unmark(incarnation: string, conversationIds: string[]): Promise<void> {
    await this.#database.write("unmark", { incarnation, conversationIds });
  }

  async ping(): Promise<void> {
    await this.#database.write("ping", null);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
