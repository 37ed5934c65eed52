import type { HiddenMessage } from "../participation.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { isDuplicate } from "./mongo-errors.ts";

/** Messages that users deleted for themselves. */
export class HiddenMessages {
  readonly #database: MongoDatabase;

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  async hide(userId: string, { conversationId, seq }: HiddenMessage): Promise<boolean> {
    const documents = [{ userId, conversationId, seq }];
    const [error] = (await this.#database.write({ insert: "hidden", documents, ordered: true })).writeErrors;
    if (error && !isDuplicate(error)) throw new Error(error.errmsg);
    return !error;
  }

  async within(userId: string, conversationId: string, after: number, through: number): Promise<number[]> {
    const filter = { userId, conversationId, seq: { $gt: after, $lte: through } };
    const found = this.#database
      .stable("hidden")
      .find(filter, this.#database.reading)
      .sort({ userId: 1, conversationId: 1, seq: 1 });
    return (await found.toArray()).map(({ seq }) => seq);
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
}
