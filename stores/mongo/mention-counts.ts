import type { EntryDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";

/** Messages in (after, through] that mention this user or all, not sent by the user. */
interface Asked {
  conversationId: string;
  userId: string;
  after: number;
  through: number;
}
type Mention = Pick<EntryDocument, "conversationId" | "seq" | "senderId" | "mentions">;

/** Where there may be more, the server counts. */
const SHORT = 200;
/** Places that one command looks at; */
const MOST = 1000;
/** a question counts for no less. */
const LEAST = 10;

export class MentionCounts {
  readonly #database: MongoDatabase;
  readonly #reads: SharedReads<Asked, number>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    const weigh = ({ after, through }: Asked) => Math.max(through - after, LEAST);
    this.#reads = new SharedReads(database, { read: (asked) => this.#read(asked), weigh, most: MOST });
  }

  of(asked: Asked): Promise<number> {
    if (asked.through - asked.after <= SHORT) return this.#reads.ask(asked);
    const { limits } = this.#database;
    return this.#database.stable("entries").countDocuments(mentioning(asked), { maxTimeMS: limits.serverMs });
  }

  async #read(asked: Asked[]): Promise<number[]> {
    const projection = { _id: 0, conversationId: 1, seq: 1, senderId: 1, mentions: 1 } as const;
    const found = await this.#database
      .stable("entries")
      .find(anyOf(asked.map(mentioning)), { ...this.#database.reading, projection })
      .toArray();
    const logs = Map.groupBy<string, Mention>(found, ({ conversationId }) => conversationId);
    return asked.map((one) => (logs.get(one.conversationId) ?? []).filter((mention) => isFor(one, mention)).length);
  }
}

const mentioning = ({ conversationId, userId, after, through }: Asked) => ({
  conversationId,
  mentions: { $in: [userId, "all"] },
  seq: { $gt: after, $lte: through },
  kind: "message" as const,
  senderId: { $ne: userId },
});

function isFor({ userId, after, through }: Asked, { seq, senderId, mentions = [] }: Mention): boolean {
  const names = mentions === "all" || mentions.includes(userId);
  return names && senderId !== userId && seq > after && seq <= through;
}
