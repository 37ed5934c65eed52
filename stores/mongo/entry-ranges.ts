import type { EntryDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";

/** The part (after, through] of a log. */
export interface ShortRange {
  conversationId: string;
  after: number;
  through: number;
}

/** Longer ones are not worth sharing a command, and would keep others waiting. */
const SHORT = 200;
/** Entries that one command brings. */
const MOST = 1000;
/** A range counts for no less: each is a condition of its own. */
const LEAST = 10;

export const isShort = ({ after, through }: { after: number; through: number }): boolean => through - after <= SHORT;

/** Short parts of logs, ascending. */
export class EntryRanges {
  readonly #database: MongoDatabase;
  readonly #reads: SharedReads<ShortRange, EntryDocument[]>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    const weigh = ({ after, through }: ShortRange) => Math.max(through - after, LEAST);
    this.#reads = new SharedReads(database, { read: (asked) => this.#read(asked), weigh, most: MOST });
  }

  of(range: ShortRange): Promise<EntryDocument[]> {
    return this.#reads.ask(range);
  }

  async #read(asked: ShortRange[]): Promise<EntryDocument[][]> {
    const filters = asked.map(({ conversationId, after, through }) => ({ conversationId, seq: { $gt: after, $lte: through } }));
    const found = await this.#database.stable("entries").find(anyOf(filters), this.#database.reading).toArray();
    const logs = Map.groupBy(
      found.sort((a, b) => a.seq - b.seq),
      ({ conversationId }) => conversationId,
    );
    return asked.map(({ conversationId, after, through }) => {
      return (logs.get(conversationId) ?? []).filter(({ seq }) => seq > after && seq <= through);
    });
  }
}
