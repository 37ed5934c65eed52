import type { EntryRange } from "../message-log.ts";
import type { EntryDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";

export type ShortRange = EntryRange & { through: number };

interface Part {
  conversationId: string;
  after: number;
  through: number;
}

/** Longer ones are not worth sharing a command, and would keep others waiting. */
const SHORT = 200;
/** Entries that one command brings. */
const MOST = 1000;
/** A part counts for no less: each is a condition of its own. */
const LEAST = 10;

/** Whether it is a small part of its log, all of which is wanted. */
export function isShort(range: EntryRange): range is ShortRange {
  const { after, through = Number.POSITIVE_INFINITY, limit } = range;
  return through - after <= Math.min(SHORT, limit);
}

/** Small parts of logs. */
export class EntryRanges {
  readonly #database: MongoDatabase;
  readonly #reads: SharedReads<Part, EntryDocument[]>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    const weigh = ({ after, through }: Part) => Math.max(through - after, LEAST);
    this.#reads = new SharedReads(database, { read: (asked) => this.#read(asked), weigh, most: MOST });
  }

  async of(conversationId: string, { after, through, descending, kind }: ShortRange): Promise<EntryDocument[]> {
    const ascending = await this.#reads.ask({ conversationId, after, through });
    const wanted = kind ? ascending.filter((entry) => entry.kind === kind) : ascending;
    return descending ? wanted.reverse() : wanted;
  }

  async #read(asked: Part[]): Promise<EntryDocument[][]> {
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
