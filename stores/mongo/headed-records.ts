import type { Head } from "../message-log.ts";
import type { EntryDocument, RecordDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { SharedReads } from "./shared-reads.ts";

/** What a log's end needs of its last entry. */
export type LastEntry = Pick<EntryDocument, "seq" | "n" | "createdAt">;
/** A record with the end of its log. */
export type Headed = RecordDocument & { last?: LastEntry };
type Ended = LastEntry & { records: RecordDocument[] };

/** From the end of a log, along the index. */
const newestFirst = { conversationId: -1, seq: -1 } as const;
/** Conversations whose ends one command looks up. */
const MOST = 500;

/** Records with the ends of their logs; where a log is empty, the record says where it ended. */
export class HeadedRecords {
  readonly #database: MongoDatabase;
  readonly #reads: SharedReads<string[], ReadonlyMap<string, Headed>>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#reads = new SharedReads(database, { read: (asked) => this.#read(asked), weigh: ({ length }) => length, most: MOST });
  }

  /** By conversation; perhaps with some that others asked for. */
  async of(conversationIds: string[]): Promise<ReadonlyMap<string, Headed>> {
    return conversationIds.length > 0 ? this.#reads.ask(conversationIds) : new Map();
  }

  async #read(asked: string[][]): Promise<ReadonlyMap<string, Headed>[]> {
    const conversationIds = [...new Set(asked.flat())];
    const headed = await this.#ended(conversationIds);
    const rest = conversationIds.filter((id) => !headed.has(id));
    if (rest.length > 0) {
      const filter = { _id: { $in: rest }, founding: { $exists: false } };
      const empty = this.#database.stable("records").find(filter, this.#database.reading);
      for (const record of await empty.toArray()) headed.set(record._id, record);
    }
    return asked.map(() => headed);
  }

  /**
   * The last entry of each log, then its record. Sorted and grouped like this, the index is read in leaps
   * (DISTINCT_SCAN), not along each log.
   */
  async #ended(conversationIds: string[]): Promise<Map<string, Headed>> {
    const $match = { conversationId: { $in: conversationIds } };
    const first = { seq: { $first: "$seq" }, n: { $first: "$n" }, createdAt: { $first: "$createdAt" } };
    const $group = { _id: "$conversationId", ...first };
    const $lookup = { from: "records", localField: "_id", foreignField: "_id", as: "records" };
    const found = this.#database
      .stable("entries")
      .aggregate<Ended>([{ $match }, { $sort: newestFirst }, { $group }, { $lookup }], this.#database.reading);
    const ended = (await found.toArray()).flatMap(({ records: [record], seq, n, createdAt }) => {
      return record ? [[record._id, { ...record, last: { seq, n, createdAt } }] as const] : [];
    });
    return new Map(ended);
  }
}

/** The end of a log; what retention has emptied ends where its snapshot does. */
export function headOf(record: RecordDocument, last: LastEntry | undefined): Omit<Head, "conversationId"> {
  if (last) return { lastSeq: last.seq, lastN: last.n, lastAt: last.createdAt.toISOString() };
  const { snapSeq, snapN, snapAt, createdAt } = record;
  return { lastSeq: snapSeq, lastN: snapN, lastAt: (snapSeq === 0 ? createdAt : snapAt).toISOString() };
}
