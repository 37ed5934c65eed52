import type { Document } from "mongodb";
import {
  type Commit,
  CommitRefused,
  type ConversationRecord,
  type Member,
  type MessageView,
  type StoredEntry,
} from "../message-log.ts";
import type { RecordDocument } from "./documents.ts";
import { emptyEntries, emptyView, nothingDue } from "./emptying.ts";
import type { LogEnd } from "./log-ends.ts";
import type { MongoDatabase, UpdateStatement } from "./mongo-database.ts";
import { encodeMember, encodeRecord, encodeView } from "./row-codec.ts";
import { putNewer, update } from "./updates.ts";

/** Matches what is not as new as this, and what is not there. */
const olderThan = (value: number) => ({ $not: { $gte: value } });

/** The rows beside a log. Each is an upsert of what is older: where something newer is, its unique index says no. */
export class DerivedRows {
  readonly #database: MongoDatabase;

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  /** What must be there before the entries: the mark, and of a new conversation all that no entry of the commit derives. */
  async before(commit: Commit, end: LogEnd | undefined): Promise<void> {
    const { conversationId, record, activeOn } = commit;
    if (!end && record) return this.#found(commit, record);
    if (activeOn !== undefined)
      await update(this.#database, "records", [{ q: { _id: conversationId }, u: { $set: { activeOn } } }]);
  }

  /** What follows from the entries. */
  async after(commit: Commit, end: LogEnd | undefined): Promise<void> {
    const { conversationId, entries, members = [], views = [], record, blank } = commit;
    const derived = end ? members : members.filter(({ asOf }) => asOf >= firstSeq(commit));
    await Promise.all([
      this.#putMembers(commit, derived),
      putNewer(this.#database, "views", views.map(putView)),
      blank && update(this.#database, "entries", blankEntries(conversationId, blank)),
    ]);
    await this.#emptyLatecomers(commit);
    if (record && (end || record.snapSeq >= firstSeq(commit))) await this.#putRecord(record);
    if (!end?.dated) await this.#dateFirst(conversationId, entries);
  }

  /** Says how old the first entry is that a log has now. */
  async #dateFirst(conversationId: string, [first]: StoredEntry[]): Promise<void> {
    if (!first) return;
    const q = { _id: conversationId, oldestAt: { $exists: false } };
    await update(this.#database, "records", [{ q, u: { $set: { oldestAt: new Date(first.entry.createdAt) } } }]);
  }

  /** A record that its first entries derive is announced only: until they are there, there is no conversation. */
  async #found(commit: Commit, record: ConversationRecord): Promise<void> {
    const first = firstSeq(commit);
    const active = commit.activeOn === undefined ? {} : { activeOn: commit.activeOn };
    await this.#putMembers(
      commit,
      (commit.members ?? []).filter(({ asOf }) => asOf < first),
    );
    if (record.snapSeq < first) return putNewer(this.#database, "records", [putRecord(record, active)]);
    const { version: _, snapSeq: __, ...start } = encodeRecord({ ...record, snapN: 0, snapAt: record.createdAt });
    const seed = { ...start, ...active, version: 0, snapSeq: 0, floorSeq: 0 };
    const q = { _id: record.conversationId, founding: true };
    const { writeErrors } = await this.#database.write({
      update: "records",
      updates: [{ q, u: { $set: seed }, upsert: true }],
      ordered: true,
    });
    if (writeErrors[0]) throw new CommitRefused("seq", { cause: writeErrors[0].errmsg });
  }

  async #putMembers({ conversationId, entries }: Commit, rows: Member[]): Promise<void> {
    const times = new Map(entries.map(({ entry }) => [entry.seq, new Date(entry.createdAt)]));
    const lefts = rows.flatMap(({ intervals }) => intervals.at(-1)?.to ?? []).filter((seq) => !times.has(seq));
    if (lefts.length > 0) await this.#addTimes(times, conversationId, lefts);
    await putNewer(
      this.#database,
      "participants",
      rows.map((row) => putMember(row, times)),
    );
  }

  /** Of entries that an earlier commit had: its rows were not written, or are written again. */
  async #addTimes(times: Map<number, Date>, conversationId: string, seqs: number[]): Promise<void> {
    const options = { ...this.#database.reading, projection: { seq: 1, createdAt: 1 } };
    const found = this.#database.newest("entries").find({ conversationId, seq: { $in: seqs } }, options);
    for (const { seq, createdAt } of await found.toArray()) times.set(seq, createdAt);
  }

  async #putRecord(record: ConversationRecord): Promise<void> {
    const _id = record.conversationId;
    await putNewer(this.#database, "records", [putRecord(record)]);
    if (record.floorSeq === 0) return;
    await update(this.#database, "records", [{ q: { _id }, u: { $max: { floorSeq: record.floorSeq } } }]);
    await this.#date(_id);
  }

  /** Says how old the first entry above the floor is. */
  async #date(conversationId: string): Promise<void> {
    const { reading } = this.#database;
    const record = await this.#database.newest("records").findOne({ _id: conversationId }, reading);
    const { floorSeq = 0, oldestAt } = record ?? {};
    const above = { conversationId, seq: { $gt: floorSeq } };
    const sort = { conversationId: 1, seq: 1 } as const;
    const first = await this.#database.newest("entries").findOne(above, { ...reading, sort, projection: { createdAt: 1 } });
    if (first?.createdAt.getTime() === oldestAt?.getTime()) return;
    const u = first ? { $set: { oldestAt: first.createdAt } } : { $unset: { oldestAt: "" } };
    await update(this.#database, "records", [{ q: { _id: conversationId, floorSeq }, u }]);
  }

  /** What a message's expiry has overtaken is emptied as the message is. Looked for behind the writing, as expiry does. */
  async #emptyLatecomers({ conversationId, entries, views = [] }: Commit): Promise<void> {
    const edits = entries.flatMap(({ entry }) => (entry.kind === "edit" ? [entry] : []));
    if (edits.length === 0 && views.length === 0) return;
    const targets = edits.map(({ target }) => target);
    const $or = [{ _id: { $in: targets } }, { seq: { $in: views.map(({ seq }) => seq) } }];
    const filter = { conversationId, kind: "message" as const, deletedAt: { $exists: true }, $or };
    const options = { ...this.#database.reading, projection: { seq: 1, deletedAt: 1 } };
    const emptied = await this.#database.newest("entries").find(filter, options).toArray();
    for (const { _id, seq, deletedAt = new Date() } of emptied) {
      const late = edits.filter(({ target }) => target === _id).map((edit) => edit.seq);
      await update(this.#database, "entries", late.length ? emptyEntries(conversationId, late, deletedAt) : []);
      await update(this.#database, "views", emptyView(conversationId, seq, deletedAt));
    }
  }
}

/** From here on the commit's own entries count; without any, nothing is derived from them. */
const firstSeq = ({ entries }: Commit): number => entries[0]?.entry.seq ?? Number.POSITIVE_INFINITY;

function putMember(row: Member, times: Map<number, Date>): UpdateStatement {
  const { conversationId, userId, asOf, intervals, joinedAt } = row;
  const left = intervals.at(-1)?.to;
  const leftAt = left === undefined ? undefined : (times.get(left) ?? new Date(joinedAt));
  return {
    q: { conversationId, userId, "member.asOf": olderThan(asOf) },
    u: { $set: { member: encodeMember(row, leftAt) } },
    upsert: true,
  };
}

const putView = (view: MessageView): UpdateStatement => ({
  q: { conversationId: view.conversationId, seq: view.seq, asOf: olderThan(view.asOf) },
  u: encodeView(view),
  upsert: true,
});

function putRecord(record: ConversationRecord, also: Partial<RecordDocument> = {}): UpdateStatement {
  const $set: Document = { ...encodeRecord(record), ...also };
  return {
    q: { _id: record.conversationId, $or: [{ snapSeq: olderThan(record.snapSeq) }, { founding: true }] },
    u: { $set, $unset: { founding: "" }, $max: { floorSeq: record.floorSeq } },
    upsert: true,
  };
}

function blankEntries(conversationId: string, { seqs, deletedAt }: NonNullable<Commit["blank"]>): UpdateStatement[] {
  return [...emptyEntries(conversationId, seqs, new Date(deletedAt)), nothingDue(conversationId, seqs)];
}
