import type { Prunable } from "../message-log.ts";
import type { EntryDocument, RecordDocument } from "./documents.ts";
import { emptyEntries, emptyView, nothingDue } from "./emptying.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { update } from "./updates.ts";

type Due = Pick<EntryDocument, "_id" | "conversationId" | "seq"> & { expiresAt: Date };

/** Expiry and retention. Each step may be cut short and is done again by the next sweep. */
export class Retention {
  readonly #database: MongoDatabase;

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  /** The messages first, then what edits there are: an edit stored later finds its message emptied. */
  async expire(now: string, limit: number): Promise<number> {
    const options = { ...this.#database.reading, projection: { conversationId: 1, seq: 1, expiresAt: 1 } };
    const expired = this.#database.newest("entries").find({ dueAt: { $lte: new Date(now) } }, options);
    const due = (await expired.sort({ dueAt: 1 }).limit(limit).toArray()) as Due[];
    if (due.length === 0) return 0;
    await update(
      this.#database,
      "entries",
      due.flatMap(({ conversationId, seq, expiresAt }) => emptyEntries(conversationId, [seq], expiresAt)),
    );
    await this.#emptyEdits(due);
    await update(
      this.#database,
      "views",
      due.flatMap(({ conversationId, seq, expiresAt }) => emptyView(conversationId, seq, expiresAt)),
    );
    await update(
      this.#database,
      "entries",
      due.map(({ conversationId, seq }) => nothingDue(conversationId, [seq])),
    );
    return due.length;
  }

  async #emptyEdits(due: Due[]): Promise<void> {
    const messages = new Map(due.map((message) => [message._id, message]));
    const filter = { kind: "edit" as const, target: { $in: [...messages.keys()] } };
    const options = { ...this.#database.reading, projection: { conversationId: 1, seq: 1, target: 1 } };
    const edits = await this.#database.newest("entries").find(filter, options).toArray();
    const statements = edits.flatMap(({ conversationId, seq, target = "" }) => {
      const message = messages.get(target);
      return message ? emptyEntries(conversationId, [seq], message.expiresAt) : [];
    });
    await update(this.#database, "entries", statements);
  }

  async prune(conversationId: string, limit: number): Promise<number> {
    const { floorSeq = 0 } = (await this.#record(conversationId)) ?? {};
    const below = { conversationId, seq: { $lte: floorSeq } };
    const options = { ...this.#database.reading, projection: { seq: 1 } };
    const found = this.#database.newest("entries").find(below, options).sort({ conversationId: 1, seq: 1 }).limit(limit);
    const last = (await found.toArray()).at(-1);
    if (!last) return 0;
    const deletes = [{ q: { conversationId, seq: { $lte: last.seq } }, limit: 0 as const }];
    await this.#database.write({ delete: "views", deletes, ordered: true });
    return (await this.#database.write({ delete: "entries", deletes, ordered: true })).n;
  }

  async prunable(before: string, limit: number, after?: Prunable): Promise<Prunable[]> {
    const time = new Date(before);
    const old = { oldestAt: { $lt: time } };
    const filter = after ? { $and: [old, behind(after)] } : old;
    const found = this.#database
      .stable("records")
      .find(filter, this.#database.reading)
      .sort({ oldestAt: 1, _id: 1 })
      .limit(limit);
    const records = (await found.toArray()) as (RecordDocument & { oldestAt: Date })[];
    return Promise.all(
      records.map(async ({ _id, floorSeq, oldestAt }) => ({
        conversationId: _id,
        floorSeq: await this.#lastOlderThan(time, _id, floorSeq),
        oldestAt: oldestAt.toISOString(),
      })),
    );
  }

  async lastBefore(conversationId: string, before: string): Promise<number> {
    const { floorSeq = 0 } = (await this.#record(conversationId)) ?? {};
    const last = await this.#lastOlderThan(new Date(before), conversationId, floorSeq);
    return last > floorSeq ? last : 0;
  }

  /** The last seq older than `time`, found by halving because times do not decrease; `floor` if there is none above it. */
  async #lastOlderThan(time: Date, conversationId: string, floor: number): Promise<number> {
    const entries = this.#database.stable("entries");
    const options = { ...this.#database.reading, projection: { seq: 1, createdAt: 1 } };
    const last = await entries.findOne({ conversationId }, { ...options, sort: { conversationId: -1, seq: -1 } });
    let old = floor;
    let young = (last?.seq ?? floor) + 1;
    while (young - old > 1) {
      const middle = Math.floor((old + young) / 2);
      const entry = await entries.findOne({ conversationId, seq: middle }, options);
      if (entry && entry.createdAt < time) old = middle;
      else young = middle;
    }
    return old;
  }

  #record(conversationId: string): Promise<RecordDocument | null> {
    return this.#database.stable("records").findOne({ _id: conversationId }, this.#database.reading);
  }
}

const behind = ({ oldestAt, conversationId }: Prunable) => ({
  $or: [{ oldestAt: { $gt: new Date(oldestAt) } }, { oldestAt: new Date(oldestAt), _id: { $gt: conversationId } }],
});
