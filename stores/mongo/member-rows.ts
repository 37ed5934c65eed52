import type { MongoDatabase } from "./mongo-database.ts";
import type { MemberDocument } from "./row-codec.ts";
import { SharedReads } from "./shared-reads.ts";

interface Wanted {
  conversationId?: string | { $in: string[] };
  userId?: string | { $in: string[] };
}

const isMember = { member: { $exists: true } };
/** Users whose memberships one command reads, or conversations whose members, */
const MOST = 100;
/** and how many members several conversations may have together. */
const TOGETHER = 500;

/** Who is, or was, in which conversation. */
export class MemberRows {
  readonly #database: MongoDatabase;
  readonly #byUser: SharedReads<string, MemberDocument[]>;
  readonly #byConversation: SharedReads<string, MemberDocument[]>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#byUser = new SharedReads(database, { read: (userIds) => this.#ofUsers(userIds), most: MOST });
    this.#byConversation = new SharedReads(database, { read: (ids) => this.#ofConversations(ids), most: MOST });
  }

  ofUser(userId: string): Promise<MemberDocument[]> {
    return this.#byUser.ask(userId);
  }

  /** By user id. */
  of(conversationId: string): Promise<MemberDocument[]> {
    return this.#byConversation.ask(conversationId);
  }

  async one(conversationId: string, userId: string): Promise<MemberDocument | undefined> {
    return (await this.#find({ conversationId, userId }))[0];
  }

  async #ofUsers(userIds: string[]): Promise<MemberDocument[][]> {
    const byUser = Map.groupBy(await this.#find({ userId: { $in: userIds } }), ({ userId }) => userId);
    return userIds.map((userId) => byUser.get(userId) ?? []);
  }

  /** Most have two. Where together there are too many, half of the conversations are asked for at a time. */
  async #ofConversations(ids: string[]): Promise<MemberDocument[][]> {
    const [alone] = ids;
    if (alone !== undefined && ids.length === 1) return [await this.#find({ conversationId: alone })];
    const found = await this.#find({ conversationId: { $in: ids } }, TOGETHER);
    if (found.length === TOGETHER) {
      const middle = ids.length >> 1;
      return [...(await this.#ofConversations(ids.slice(0, middle))), ...(await this.#ofConversations(ids.slice(middle)))];
    }
    const byConversation = Map.groupBy(found, ({ conversationId }) => conversationId);
    return ids.map((id) => byConversation.get(id) ?? []);
  }

  /** `limit` 0: all. */
  #find(wanted: Wanted, limit = 0): Promise<MemberDocument[]> {
    const options = { ...this.#database.reading, projection: { _id: 0, conversationId: 1, userId: 1, member: 1 } } as const;
    return this.#database
      .stable("participants")
      .find({ ...wanted, ...isMember }, options)
      .sort(wanted.conversationId === undefined ? { userId: 1, conversationId: 1 } : { conversationId: 1, userId: 1 })
      .limit(limit)
      .toArray() as Promise<MemberDocument[]>;
  }
}
