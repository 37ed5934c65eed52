import type {
  EntryRange,
  Head,
  LoadedConversation,
  Member,
  Membership,
  MessageView,
  Rank,
  RankedMembership,
  Roster,
  StoredEntry,
} from "../message-log.ts";
import type { ViewDocument } from "./documents.ts";
import { decodeEntry, writeKey } from "./entry-codec.ts";
import { EntryRanges, isShort } from "./entry-ranges.ts";
import { type Headed, HeadedRecords, headOf, type LastEntry } from "./headed-records.ts";
import type { LogEnds } from "./log-ends.ts";
import { MemberRows } from "./member-rows.ts";
import { MentionCounts } from "./mention-counts.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { decodeMember, decodeRecord, decodeView, type MemberDocument } from "./row-codec.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";

/** Messages whose views one command reads, */
const VIEWS = 1000;
/** and of how many conversations. */
const LOGS = 100;

interface Viewed {
  conversationId: string;
  seqs: number[];
}

/** A load is tried so often: retention may take away what is being read. */
const LOADS = 3;

/** The reads of the message log: from the primary, and only what cannot roll back. */
export class LogReader {
  readonly #database: MongoDatabase;
  readonly #ends: LogEnds;
  readonly #headed: HeadedRecords;
  readonly #ranges: EntryRanges;
  readonly #mentions: MentionCounts;
  readonly #views: SharedReads<Viewed, ViewDocument[]>;
  readonly #members: MemberRows;

  constructor(database: MongoDatabase, ends: LogEnds) {
    this.#database = database;
    this.#ends = ends;
    this.#headed = new HeadedRecords(database);
    this.#ranges = new EntryRanges(database);
    this.#mentions = new MentionCounts(database);
    this.#views = new SharedReads(database, {
      read: (asked) => this.#viewsOf(asked),
      weigh: ({ seqs }) => Math.max(seqs.length, VIEWS / LOGS),
      most: VIEWS,
    });
    this.#members = new MemberRows(database);
  }

  async load(conversationId: string): Promise<LoadedConversation | null> {
    for (let left = LOADS; left > 0; left--) {
      const loaded = await this.#load(conversationId);
      if (loaded !== undefined) return loaded;
    }
    throw new Error("the log changed while it was loaded");
  }

  /**
   * The record first: members and entries that are newer than it do no harm, older ones would. undefined if the log
   * does not go on where the record ends.
   */
  async #load(conversationId: string): Promise<LoadedConversation | null | undefined> {
    const record = await this.#database.stable("records").findOne({ _id: conversationId }, this.#database.reading);
    if (!record) return null;
    const [members, tail, end] = await Promise.all([
      this.members(conversationId),
      this.entries(conversationId, { after: record.snapSeq, limit: 0 }),
      this.entries(conversationId, { after: 0, limit: 1, descending: true }),
    ]);
    const last = tail.at(-1) ?? end[0];
    if (record.founding && !last) return null;
    const next = tail[0] ?? last;
    if (next && next.entry.seq > record.snapSeq + (tail[0] ? 1 : 0)) return undefined;
    const { lastSeq, lastN, lastAt } = headOf(record, last && lastOf(last));
    this.#ends.set(conversationId, { seq: lastSeq, dated: record.oldestAt !== undefined });
    return { record: decodeRecord(record), members, tail, last: { seq: lastSeq, n: lastN, createdAt: lastAt } };
  }

  /** `limit` 0: all. */
  async entries(conversationId: string, range: EntryRange): Promise<StoredEntry[]> {
    const { after, through, limit, kind } = range;
    if (isShort(range)) return (await this.#ranges.of(conversationId, range)).map(decodeEntry);
    const way = range.descending ? -1 : 1;
    const seq = { $gt: after, ...(through !== undefined && { $lte: through }) };
    const found = this.#database
      .stable("entries")
      .find({ conversationId, ...(kind && { kind }), seq }, this.#database.reading)
      .sort({ conversationId: way, ...(kind && { kind: way }), seq: way })
      .limit(limit);
    return (await found.toArray()).map(decodeEntry);
  }

  async findByClientMsgId(conversationId: string, keys: { senderId: string; clientMsgId: string }[]): Promise<StoredEntry[]> {
    const $in = keys.map(({ senderId, clientMsgId }) => writeKey(conversationId, senderId, clientMsgId));
    const found = await this.#database.stable("entries").find({ writeKey: { $in } }, this.#database.reading).toArray();
    return found.map(decodeEntry);
  }

  async locate(messageId: string): Promise<{ conversationId: string; seq: number } | null> {
    const options = { ...this.#database.reading, projection: { conversationId: 1, seq: 1 } };
    const found = await this.#database.stable("entries").findOne({ _id: messageId, kind: "message" }, options);
    return found && { conversationId: found.conversationId, seq: found.seq };
  }

  async views(conversationId: string, seqs: number[]): Promise<MessageView[]> {
    return seqs.length > 0 ? (await this.#views.ask({ conversationId, seqs })).map(decodeView) : [];
  }

  async members(conversationId: string): Promise<Member[]> {
    return (await this.#members.of(conversationId)).map(decodeMember);
  }

  /** The end of the log first: who has gone meanwhile has it in their row before anything is behind it in the log. */
  async member(conversationId: string, userId: string): Promise<Membership | null> {
    const around = (await this.#headed.of([conversationId])).get(conversationId);
    const member = around && (await this.#members.one(conversationId, userId));
    return member ? membershipOf(member, around) : null;
  }

  async memberships(userId: string): Promise<Membership[]> {
    return (await this.#headedOf(userId)).map(([member, around]) => membershipOf(member, around));
  }

  async latest(userId: string, limit: number, before?: Rank): Promise<RankedMembership[]> {
    const ranked = (await this.#headedOf(userId)).map(([member, around]) => {
      const membership = membershipOf(member, around);
      return { membership, at: member.member.leftAt?.toISOString() ?? membership.lastAt };
    });
    const behind = before ? ranked.filter((one) => byRank(rankOf(one), before) > 0) : ranked;
    return behind.sort((a, b) => byRank(rankOf(a), rankOf(b))).slice(0, limit);
  }

  async rosters(conversationIds: string[]): Promise<Roster[]> {
    if (conversationIds.length === 0) return [];
    const $match = { conversationId: { $in: conversationIds }, "member.present": true };
    const owner = { $cond: [{ $eq: ["$member.role", "owner"] }, "$userId", null] };
    const $group = { _id: "$conversationId", memberCount: { $sum: 1 }, ownerId: { $max: owner } };
    const [known, counted] = await Promise.all([
      this.#headed.of(conversationIds),
      this.#database
        .stable("participants")
        .aggregate<{ _id: string; memberCount: number; ownerId: string | null }>([{ $match }, { $group }], this.#database.reading)
        .toArray(),
    ]);
    const counts = new Map(counted.map((one) => [one._id, one]));
    return conversationIds.flatMap((conversationId) => {
      if (!known.has(conversationId)) return [];
      const { memberCount = 0, ownerId = null } = counts.get(conversationId) ?? {};
      return [{ conversationId, memberCount, ...(ownerId !== null && { ownerId }) }];
    });
  }

  async heads(conversationIds: string[]): Promise<Head[]> {
    const headed = await this.#headed.of(conversationIds);
    return conversationIds.flatMap((conversationId) => {
      const found = headed.get(conversationId);
      return found ? [{ conversationId, ...headOf(found, found.last) }] : [];
    });
  }

  countMentions(conversationId: string, userId: string, after: number, through: number): Promise<number> {
    return this.#mentions.of({ conversationId, userId, after, through });
  }

  async senders(conversationId: string, after: number, through: number): Promise<{ senderId: string; seq: number }[]> {
    const $match = { conversationId, kind: "message", seq: { $gt: after, $lte: through } };
    const $group = { _id: "$senderId", seq: { $max: "$seq" } };
    const found = this.#database
      .stable("entries")
      .aggregate<{ _id: string; seq: number }>([{ $match }, { $group }], this.#database.reading);
    return (await found.toArray()).map(({ _id, seq }) => ({ senderId: _id, seq }));
  }

  /** The rows of a user, each with the end of its log. They are read once more behind the ends, as in `member`. */
  async #headedOf(userId: string): Promise<[MemberDocument, Headed][]> {
    const conversationIds = (await this.#members.ofUser(userId)).map(({ conversationId }) => conversationId);
    if (conversationIds.length === 0) return [];
    const headed = await this.#headed.of(conversationIds);
    return (await this.#members.ofUser(userId)).flatMap((member): [MemberDocument, Headed][] => {
      const around = headed.get(member.conversationId);
      return around ? [[member, around]] : [];
    });
  }

  async #viewsOf(asked: Viewed[]): Promise<ViewDocument[][]> {
    const filters = asked.map(({ conversationId, seqs }) => ({ conversationId, seq: { $in: seqs } }));
    const options = { ...this.#database.reading, projection: { _id: 0 } } as const;
    const found = await this.#database.stable("views").find(anyOf(filters), options).toArray();
    const logs = Map.groupBy(found.sort(bySeq), ({ conversationId }) => conversationId);
    return asked.map(({ conversationId, seqs }) => {
      const wanted = new Set(seqs);
      return (logs.get(conversationId) ?? []).filter(({ seq }) => wanted.has(seq));
    });
  }
}

const bySeq = (a: { seq: number }, b: { seq: number }): number => a.seq - b.seq;

const rankOf = ({ membership, at }: RankedMembership): Rank => ({ at, conversationId: membership.member.conversationId });

/** Newest first. */
function byRank(a: Rank, b: Rank): number {
  if (a.at !== b.at) return a.at > b.at ? -1 : 1;
  return a.conversationId > b.conversationId ? -1 : Number(a.conversationId < b.conversationId);
}

const lastOf = ({ entry: { seq, n, createdAt } }: StoredEntry): LastEntry => ({ seq, n, createdAt: new Date(createdAt) });

function membershipOf(member: MemberDocument, around: Headed): Membership {
  const { type, epoch, settings, floorSeq, createdAt } = around;
  const conversation = { type, epoch, settings, floorSeq, createdAt: createdAt.toISOString() };
  return { member: decodeMember(member), ...conversation, ...headOf(around, around.last) };
}
