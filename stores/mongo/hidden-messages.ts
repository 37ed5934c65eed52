import type { HiddenMessage } from "../participation.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { isDuplicate } from "./mongo-errors.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";

interface Asked {
  userId: string;
  conversationId: string;
  after: number;
  through: number;
}

/** Users and conversations that one command looks at. */
const MOST = 100;

/** Messages that users deleted for themselves. */
export class HiddenMessages {
  readonly #database: MongoDatabase;
  readonly #reads: SharedReads<Asked, number[]>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#reads = new SharedReads(database, { read: (asked) => this.#within(asked), most: MOST });
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

  /** Few people hide many messages: those above the lowest cursor are read from the index and counted here. */
  async above(userId: string, cursors: { conversationId: string; after: number }[]): Promise<Map<string, number>> {
    const afters = new Map(cursors.map(({ conversationId, after }) => [conversationId, after]));
    const filter = { userId, conversationId: { $in: [...afters.keys()] }, seq: { $gt: Math.min(...afters.values()) } };
    const options = { ...this.#database.reading, projection: { _id: 0, conversationId: 1, seq: 1 } };
    const counts = new Map<string, number>();
    if (afters.size === 0) return counts;
    for (const { conversationId, seq } of await this.#database.stable("hidden").find(filter, options).toArray()) {
      if (seq > (afters.get(conversationId) ?? 0)) counts.set(conversationId, (counts.get(conversationId) ?? 0) + 1);
    }
    return counts;
  }

  async #within(asked: Asked[]): Promise<number[][]> {
    const filters = asked.map(({ after, through, ...where }) => ({ ...where, seq: { $gt: after, $lte: through } }));
    const options = { ...this.#database.reading, projection: { _id: 0 } };
    const found = await this.#database.stable("hidden").find(anyOf(filters), options).toArray();
    const places = Map.groupBy(found, placeOf);
    return asked.map((one) => {
      const seqs = (places.get(placeOf(one)) ?? []).map(({ seq }) => seq);
      return seqs.filter((seq) => seq > one.after && seq <= one.through).sort((a, b) => a - b);
    });
  }
}

const placeOf = ({ userId, conversationId }: Pick<Asked, "userId" | "conversationId">): string => `${userId} ${conversationId}`;
