import { LRUCache } from "lru-cache";
import type { Commit } from "../message-log.ts";
import type { MongoDatabase } from "./mongo-database.ts";

/** Where a log ends. */
export interface LogEnd {
  seq: number;
  /** Its record says how old its first entry is. */
  dated: boolean;
}

const REMEMBERED = 100_000;
/** Longer than that no end is believed: retention must not have passed it meanwhile. */
const BELIEVED_MS = 60_000;

/**
 * Where logs ended when this node last saw them. An end that is behind does no harm, because the index refuses the
 * next entry; one that is ahead would leave a hole, so only what is stored is remembered.
 */
export class LogEnds {
  readonly #database: MongoDatabase;
  readonly #known = new LRUCache<string, LogEnd>({ max: REMEMBERED, ttl: BELIEVED_MS });

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  /** undefined if there is no such conversation. */
  async of(conversationId: string): Promise<LogEnd | undefined> {
    const known = this.#known.get(conversationId) ?? (await this.#read(conversationId));
    if (known) this.#known.set(conversationId, known);
    return known;
  }

  set(conversationId: string, end: LogEnd): void {
    this.#known.set(conversationId, end);
  }

  /** After this commit. A record on its own may have moved the floor. */
  committed({ conversationId, entries, record }: Commit): void {
    const last = entries.at(-1)?.entry;
    if (last) this.set(conversationId, { seq: last.seq, dated: true });
    else if (record) this.forget(conversationId);
  }

  forget(conversationId: string): void {
    this.#known.delete(conversationId);
  }

  async #read(conversationId: string): Promise<LogEnd | undefined> {
    const { reading } = this.#database;
    const [record, last] = await Promise.all([
      this.#database.newest("records").findOne({ _id: conversationId }, reading),
      this.#database.newest("entries").findOne({ conversationId }, { ...reading, sort: { conversationId: -1, seq: -1 } }),
    ]);
    if (!record || (record.founding && !last)) return undefined;
    return { seq: Math.max(last?.seq ?? 0, record.floorSeq), dated: record.oldestAt !== undefined };
  }
}
