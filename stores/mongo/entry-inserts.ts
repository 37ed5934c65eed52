import { type CommitRefused, CommitUnknown } from "../message-log.ts";
import { unavailable } from "../unavailable.ts";
import type { EntryDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { refusal } from "./mongo-errors.ts";

interface Waiting {
  document: EntryDocument;
  deadline: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Puts entries into logs. Several of one conversation go in a command of their own, ordered, so that the first which
 * is refused is the end of it. Single ones of many conversations share commands: none waits for another's place, and
 * one that is refused leaves the others alone.
 */
export class EntryInserts {
  readonly #database: MongoDatabase;
  #waiting: Waiting[] = [];
  #inFlight = 0;

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  /** Rejects with CommitRefused if none is stored, with CommitUnknown if a first part is or nobody can tell. */
  insert(documents: EntryDocument[]): Promise<void> {
    const [document, second] = documents;
    if (!document) return Promise.resolve();
    return second ? this.#insertInOrder(documents) : this.#insertWithOthers(document);
  }

  async #insertInOrder(documents: EntryDocument[]): Promise<void> {
    const { writeErrors } = await this.#database.write({ insert: "entries", documents, ordered: true });
    const [error] = writeErrors;
    if (!error) return;
    throw error.index === 0 ? refusal(error) : new CommitUnknown({ cause: error });
  }

  /** Sent at once while few are under way; those that come meanwhile gather. */
  #insertWithOthers(document: EntryDocument): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = this.#database.clock.now() + this.#database.limits.timeMs;
      this.#waiting.push({ document, deadline, resolve, reject });
      this.#send();
    });
  }

  #send(): void {
    const { inserts, batch } = this.#database.limits;
    while (this.#inFlight < inserts && this.#waiting.length > 0) {
      const taken = this.#inTime(this.#waiting.splice(0, batch));
      if (taken.length === 0) continue;
      this.#inFlight++;
      void this.#insertMany(taken).finally(() => {
        this.#inFlight--;
        this.#send();
      });
    }
  }

  /** Without those whose callers were told already that it takes too long. */
  #inTime(taken: Waiting[]): Waiting[] {
    const now = this.#database.clock.now();
    return taken.filter(({ deadline, reject }) => {
      if (deadline <= now) reject(unavailable("time limit"));
      return deadline > now;
    });
  }

  async #insertMany(taken: Waiting[]): Promise<void> {
    try {
      const documents = taken.map(({ document }) => document);
      const { writeErrors } = await this.#database.write({ insert: "entries", documents, ordered: false });
      const refused = new Map<number, CommitRefused>(writeErrors.map((error) => [error.index, refusal(error)]));
      for (const [i, { resolve, reject }] of taken.entries()) {
        const error = refused.get(i);
        if (error) reject(error);
        else resolve();
      }
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  }
}
