import type { DatabaseSync } from "node:sqlite";
import type { ConversationType } from "../../contracts/shapes.ts";
import type {
  EntryRange,
  Head,
  LoadedConversation,
  Member,
  Membership,
  MessageView,
  Prunable,
  Rank,
  RankedMembership,
  Roster,
  StoredEntry,
} from "../message-log.ts";
import {
  decodeEntry,
  decodeMember,
  decodeRecord,
  decodeView,
  type EntryColumns,
  type MemberColumns,
  millis,
  type RecordColumns,
  timestamp,
  type ViewColumns,
} from "./commit-codec.ts";
import { ConversationRanks } from "./conversation-ranks.ts";
import { KnownKeys } from "./known-keys.ts";
import { logQueries as sql } from "./log-queries.ts";
import { MessagePages } from "./message-pages.ts";
import { type PackedId, packId, unpackId } from "./packed-id.ts";
import { prepare } from "./statement.ts";

interface HeadColumns {
  last_seq: number;
  last_n: number;
  last_at: number;
}
interface MembershipColumns extends HeadColumns, MemberColumns {
  id: string;
  type: string;
  epoch: number;
  settings: string;
  floor_seq: number;
  created_at: number;
}

const statements = (db: DatabaseSync) => ({
  record: prepare<RecordColumns & HeadColumns>(db, sql.record),
  ascending: prepare<EntryColumns>(db, sql.ascending),
  descending: prepare<EntryColumns>(db, sql.descending),
  byClientMsgId: prepare<EntryColumns>(db, sql.byClientMsgId),
  locate: prepare<{ id: string; seq: number }>(db, sql.locate),
  view: prepare<ViewColumns>(db, sql.view),
  members: prepare<MemberColumns>(db, sql.members),
  member: prepare<MembershipColumns>(db, sql.member),
  membershipIn: prepare<MembershipColumns>(db, sql.membershipIn),
  memberships: prepare<MembershipColumns>(db, sql.memberships),
  roster: prepare<{ count: number; owner: string | null }>(db, sql.roster),
  head: prepare<HeadColumns>(db, sql.head),
  mentions: prepare<{ count: number }>(db, sql.mentions),
  senders: prepare<{ sender: PackedId; seq: number }>(db, sql.senders),
  oldest: prepare<{ id: string; conv: number; floor_seq: number; oldest_at: number }>(db, sql.oldest),
  floorSeq: prepare<{ floor_seq: number }>(db, sql.floorSeq),
  createdAt: prepare<{ created_at: number }>(db, sql.createdAt),
  nextIncarnation: prepare<{ active_on: string }>(db, sql.nextIncarnation),
  activeOn: prepare<{ id: string }>(db, sql.activeOn),
  lastSeq: prepare<{ seq: number | null }>(db, sql.lastSeq),
});

/** The reads of the message log, on a connection that sees committed data only. */
export class LogReader {
  readonly #db: DatabaseSync;
  readonly #sql: ReturnType<typeof statements>;
  readonly #ranks: ConversationRanks;
  readonly #keys: KnownKeys;
  readonly #messages: MessagePages;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#messages = new MessagePages(db);
    this.#sql = statements(db);
    this.#ranks = new ConversationRanks(db);
    this.#keys = new KnownKeys(db);
  }

  /** All of it from one snapshot. */
  load(conversationId: string): LoadedConversation | null {
    this.#db.exec("BEGIN");
    try {
      return this.#load(conversationId);
    } finally {
      this.#db.exec("COMMIT");
    }
  }

  #load(conversationId: string): LoadedConversation | null {
    const conv = this.#keys.of(conversationId);
    const row = conv === undefined ? undefined : this.#sql.record.get(conv);
    if (!row) return null;
    return {
      record: decodeRecord(conversationId, row),
      members: this.members(conversationId),
      tail: this.entries(conversationId, { after: row.snap_seq, limit: -1 }),
      last: { seq: row.last_seq, n: row.last_n, createdAt: timestamp(row.last_at) },
    };
  }

  entries(conversationId: string, range: EntryRange): StoredEntry[] {
    const conv = this.#keys.of(conversationId);
    if (conv === undefined) return [];
    const rows = range.kind ? this.#messages.page(conv, range) : this.#all(conv, range);
    return rows.map((row) => decodeEntry(conversationId, row));
  }

  findByClientMsgId(conversationId: string, keys: { senderId: string; clientMsgId: string }[]): StoredEntry[] {
    const conv = this.#keys.of(conversationId);
    if (conv === undefined) return [];
    const rows = keys.map(({ senderId, clientMsgId }) =>
      this.#sql.byClientMsgId.get(conv, packId(senderId), packId(clientMsgId)),
    );
    return rows.flatMap((row) => (row ? [decodeEntry(conversationId, row)] : []));
  }

  locate(messageId: string): { conversationId: string; seq: number } | null {
    const row = this.#sql.locate.get(packId(messageId));
    return row ? { conversationId: row.id, seq: row.seq } : null;
  }

  views(conversationId: string, seqs: number[]): MessageView[] {
    const conv = this.#keys.of(conversationId);
    if (conv === undefined) return [];
    const rows = seqs.map((seq) => this.#sql.view.get(conv, seq));
    return rows.flatMap((row) => (row ? [decodeView(conversationId, row)] : []));
  }

  members(conversationId: string): Member[] {
    const conv = this.#keys.of(conversationId);
    if (conv === undefined) return [];
    return this.#sql.members.all(conv).map((row) => decodeMember(conversationId, row));
  }

  member(conversationId: string, userId: string): Membership | null {
    const row = this.#sql.member.get(conversationId, userId);
    return row ? decodeMembership(row) : null;
  }

  memberships(userId: string): Membership[] {
    return this.#sql.memberships.all(userId).map(decodeMembership);
  }

  latest(userId: string, limit: number, before?: Rank): RankedMembership[] {
    const edge = before && { at: millis(before.at), conv: this.#keys.of(before.conversationId) ?? 0 };
    return this.#ranks.latest(userId, limit, edge).flatMap(({ conv, at }) => {
      const row = this.#sql.membershipIn.get(conv, userId);
      return row ? [{ membership: decodeMembership(row), at: timestamp(at) }] : [];
    });
  }

  rosters(conversationIds: string[]): Roster[] {
    return conversationIds.flatMap((conversationId) => {
      const conv = this.#keys.of(conversationId);
      const row = conv === undefined ? undefined : this.#sql.roster.get(conv);
      return row ? [{ conversationId, memberCount: row.count, ...(row.owner !== null && { ownerId: row.owner }) }] : [];
    });
  }

  heads(conversationIds: string[]): Head[] {
    return conversationIds.flatMap((conversationId) => {
      const row = this.#sql.head.get(conversationId);
      return row ? [{ conversationId, ...decodeHead(row) }] : [];
    });
  }

  countMentions(conversationId: string, userId: string, after: number, through: number): number {
    const conv = this.#keys.of(conversationId);
    if (conv === undefined) return 0;
    return this.#sql.mentions.get(conv, userId, after, through, userId)?.count ?? 0;
  }

  senders(conversationId: string, after: number, through: number): { senderId: string; seq: number }[] {
    const conv = this.#keys.of(conversationId);
    if (conv === undefined) return [];
    return this.#sql.senders.all(conv, after, through).map(({ sender, seq }) => ({ senderId: unpackId(sender), seq }));
  }

  prunable(before: string, limit: number, after?: Prunable): Prunable[] {
    const time = millis(before);
    const behind: [number, number] = after
      ? [millis(after.oldestAt), this.#keys.of(after.conversationId) ?? 0]
      : [Number.MIN_SAFE_INTEGER, 0];
    return this.#sql.oldest.all(time, ...behind, limit).map(({ id, conv, floor_seq, oldest_at }) => ({
      conversationId: id,
      floorSeq: this.#lastOlderThan(time, conv, floor_seq),
      oldestAt: timestamp(oldest_at),
    }));
  }

  lastBefore(conversationId: string, before: string): number {
    const conv = this.#keys.of(conversationId) ?? 0;
    const floor = this.#sql.floorSeq.get(conv)?.floor_seq ?? 0;
    const last = this.#lastOlderThan(millis(before), conv, floor);
    return last > floor ? last : 0;
  }

  incarnations(): string[] {
    const found: string[] = [];
    for (let next = this.#incarnationAfter(""); next !== undefined; next = this.#incarnationAfter(next)) found.push(next);
    return found;
  }

  activeOn(incarnation: string, limit: number, after?: string): string[] {
    const behind = after === undefined ? 0 : (this.#keys.of(after) ?? 0);
    return this.#sql.activeOn.all(incarnation, behind, limit).map(({ id }) => id);
  }

  #all(conv: number, { after, through, limit, descending }: EntryRange): EntryColumns[] {
    const statement = descending ? this.#sql.descending : this.#sql.ascending;
    return statement.all(conv, after, through ?? Number.MAX_SAFE_INTEGER, limit);
  }

  #incarnationAfter(incarnation: string): string | undefined {
    return this.#sql.nextIncarnation.get(incarnation)?.active_on;
  }

  /** The last seq older than `time`, found by halving because times do not decrease; `floor` if there is none above it. */
  #lastOlderThan(time: number, conv: number, floor: number): number {
    let old = floor;
    let young = (this.#sql.lastSeq.get(conv)?.seq ?? floor) + 1;
    while (young - old > 1) {
      const middle = Math.floor((old + young) / 2);
      if ((this.#sql.createdAt.get(conv, middle)?.created_at ?? time) < time) old = middle;
      else young = middle;
    }
    return old;
  }
}

function decodeHead(row: HeadColumns): Omit<Head, "conversationId"> {
  return { lastSeq: row.last_seq, lastN: row.last_n, lastAt: timestamp(row.last_at) };
}

function decodeMembership(row: MembershipColumns): Membership {
  return {
    member: decodeMember(row.id, row),
    type: row.type as ConversationType,
    epoch: row.epoch,
    settings: JSON.parse(row.settings) as Membership["settings"],
    floorSeq: row.floor_seq,
    createdAt: timestamp(row.created_at),
    ...decodeHead(row),
  };
}
