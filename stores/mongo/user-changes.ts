import { changesKept, type NumberedChange } from "../participation.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { isDuplicate } from "./mongo-errors.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";

interface Waiting {
  change: NumberedChange["change"];
  resolve(changeSeq: number): void;
  reject(error: unknown): void;
}

interface Asked {
  userId: string;
  after: number;
  limit: number;
}

/** Users whose changes one command reads, */
const USERS = 100;
/** and how many it may bring. */
const TOGETHER = 500;
const BATCH = 500;
/** Another node may take a number first. So often in a row it does not. */
const ATTEMPTS = 20;

/**
 * Changes of users, numbered by whoever inserts first: the unique index refuses a number that is taken. A user's changes
 * are inserted in order, so that whoever has read up to a number has missed none below it. Those that come while an
 * insert of the same user is under way make the next one.
 */
export class UserChanges {
  readonly #database: MongoDatabase;
  readonly #reads: SharedReads<Asked, NumberedChange[]>;
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#reads = new SharedReads(database, { read: (asked) => this.#after(asked), most: USERS });
  }

  record(userId: string, change: NumberedChange["change"]): Promise<number> {
    return new Promise((resolve, reject) => {
      const one = { change, resolve, reject };
      const waiting = this.#waiting.get(userId);
      if (waiting) waiting.push(one);
      else {
        this.#waiting.set(userId, [one]);
        void this.#drain(userId);
      }
    });
  }

  after(userId: string, after: number, limit: number): Promise<NumberedChange[]> {
    return this.#reads.ask({ userId, after, limit });
  }

  async last(userId: string): Promise<number> {
    return this.#last(userId, "stable");
  }

  /** Most users have none. Where together they have too many, half of them are asked for at a time. */
  async #after(asked: Asked[]): Promise<NumberedChange[][]> {
    const filters = asked.map(({ userId, after }) => ({ userId, changeSeq: { $gt: after } }));
    const most = asked.length === 1 ? (asked[0]?.limit ?? TOGETHER) : TOGETHER;
    const found = await this.#database
      .stable("changes")
      .find(anyOf(filters), this.#database.reading)
      .sort({ userId: 1, changeSeq: 1 })
      .limit(most)
      .toArray();
    if (asked.length > 1 && found.length === most) {
      const middle = asked.length >> 1;
      return [...(await this.#after(asked.slice(0, middle))), ...(await this.#after(asked.slice(middle)))];
    }
    const byUser = Map.groupBy(found, ({ userId }) => userId);
    return asked.map(({ userId, after, limit }) => {
      const theirs = (byUser.get(userId) ?? []).filter(({ changeSeq }) => changeSeq > after).slice(0, limit);
      return theirs.map(({ changeSeq, change }) => ({ changeSeq, change }));
    });
  }

  async #last(userId: string, of: "stable" | "newest"): Promise<number> {
    const options = { ...this.#database.reading, sort: { userId: -1, changeSeq: -1 }, projection: { changeSeq: 1 } } as const;
    return (await this.#database[of]("changes").findOne({ userId }, options))?.changeSeq ?? 0;
  }

  async #drain(userId: string): Promise<void> {
    for (let waiting = this.#waiting.get(userId); waiting?.length; waiting = this.#waiting.get(userId)) {
      this.#waiting.set(userId, waiting.slice(BATCH));
      await this.#insert(userId, waiting.slice(0, BATCH));
    }
    this.#waiting.delete(userId);
  }

  async #insert(userId: string, batch: Waiting[]): Promise<void> {
    let left = batch;
    try {
      for (let attempt = 0; left.length > 0; attempt++) {
        if (attempt === ATTEMPTS) throw new Error("others took every number");
        left = await this.#insertBehindLast(userId, left);
      }
    } catch (error) {
      for (const { reject } of left) reject(error);
    }
  }

  /** Answers with those that another node's changes came before. */
  async #insertBehindLast(userId: string, batch: Waiting[]): Promise<Waiting[]> {
    const last = await this.#last(userId, "newest");
    const documents = batch.map(({ change }, i) => ({ userId, changeSeq: last + 1 + i, change }));
    const [error] = (await this.#database.write({ insert: "changes", documents, ordered: true })).writeErrors;
    if (error && !isDuplicate(error)) throw new Error(error.errmsg);
    const inserted = error?.index ?? batch.length;
    await this.#forget(userId, last + inserted - changesKept);
    for (const [i, { resolve }] of batch.slice(0, inserted).entries()) resolve(last + 1 + i);
    return batch.slice(inserted);
  }

  async #forget(userId: string, upTo: number): Promise<void> {
    if (upTo <= 0) return;
    const deletes = [{ q: { userId, changeSeq: { $lte: upTo } }, limit: 0 as const }];
    await this.#database.write({ delete: "changes", deletes, ordered: true });
  }
}
