import type { Filter } from "mongodb";
import type { HiddenMessage } from "../participation.ts";
import type { HiddenDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { isDuplicate } from "./mongo-errors.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";

interface Asked {
  userId: string;
  conversationId: string;
  after: number;
  through: number;
}

interface Counted {
  userId: string;
  cursors: { conversationId: string; after: number }[];
}

/** Questions that one command answers, */
const MOST = 100;
/** and conversations in which it counts. */
const MOST_COUNTED = 500;

/** Messages that users deleted for themselves. */
export class HiddenMessages {
  readonly #database: MongoDatabase;
  readonly #reads: SharedReads<Asked, number[]>;
  readonly #counts: SharedReads<Counted, Map<string, number>>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#reads = new SharedReads(database, { read: (asked) => this.#within(asked), most: MOST });
    const weigh = ({ cursors }: Counted) => Math.max(cursors.length, MOST_COUNTED / MOST);
    this.#counts = new SharedReads(database, { read: (asked) => this.#above(asked), weigh, most: MOST_COUNTED });
  }

  async hide(userId: string, { conversationId, seq }: HiddenMessage): Promise<boolean> {
    const documents = [{ userId, conversationId, seq }];
    const [error] = (await this.#database.write({ insert: "hidden", documents, ordered: true })).writeErrors;
    if (error && !isDuplicate(error)) throw new Error(error.errmsg);
    return !error;
  }

  within(userId: string, conversationId: string, after: number, through: number): Promise<number[]> {
    return this.#reads.ask({ userId, conversationId, after, through });
  }

  async above(userId: string, cursors: { conversationId: string; after: number }[]): Promise<Map<string, number>> {
    return cursors.length > 0 ? this.#counts.ask({ userId, cursors }) : new Map();
  }

  /** Few people hide many messages: those above the lowest cursor are read from the index and counted here. */
  async #above(asked: Counted[]): Promise<Map<string, number>[]> {
    const filters = asked.map(({ userId, cursors }) => {
      const $gt = Math.min(...cursors.map(({ after }) => after));
      return { userId, conversationId: { $in: cursors.map(({ conversationId }) => conversationId) }, seq: { $gt } };
    });
    const places = Map.groupBy(await this.#find(anyOf(filters)), placeOf);
    return asked.map(({ userId, cursors }) => {
      const counts = cursors.map(({ conversationId, after }) => {
        const there = places.get(placeOf({ userId, conversationId })) ?? [];
        return [conversationId, there.filter(({ seq }) => seq > after).length] as const;
      });
      return new Map(counts.filter(([, count]) => count > 0));
    });
  }

  #find(filter: Filter<HiddenDocument>): Promise<HiddenDocument[]> {
    const options = { ...this.#database.reading, projection: { _id: 0 } } as const;
    return this.#database.stable("hidden").find(filter, options).toArray();
  }

  async #within(asked: Asked[]): Promise<number[][]> {
    const filters = asked.map(({ after, through, ...where }) => ({ ...where, seq: { $gt: after, $lte: through } }));
    const places = Map.groupBy(await this.#find(anyOf(filters)), placeOf);
    return asked.map((one) => {
      const seqs = (places.get(placeOf(one)) ?? []).map(({ seq }) => seq);
      return seqs.filter((seq) => seq > one.after && seq <= one.through).sort((a, b) => a - b);
    });
  }
}

const placeOf = ({ userId, conversationId }: Pick<Asked, "userId" | "conversationId">): string => `${userId} ${conversationId}`;
