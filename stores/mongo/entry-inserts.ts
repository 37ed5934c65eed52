import { takeUpTo } from "../../domain/pacing/take-up-to.ts";
import { CommitCut } from "../message-log.ts";
import type { EntryDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { refusal } from "./mongo-errors.ts";
import { UnderWay } from "./under-way.ts";
import { inTime, type WaitingCall } from "./waiting-call.ts";

/** The entries of one conversation's commit. */
interface Waiting extends WaitingCall {
  documents: EntryDocument[];
  resolve(): void;
}

/**
 * Puts entries into logs; commits of many conversations share commands. An entry of a conversation that is refused
 * stops those behind it: a command with several of one conversation is ordered, and what it did not come to is sent
 * again. In a command of single ones none waits for another's place, and one that is refused leaves the others alone.
 */
export class EntryInserts {
  readonly #database: MongoDatabase;
  readonly #underWay: UnderWay;
  #waiting: Waiting[] = [];
  /** Of all that wait. */
  #entries = 0;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#underWay = new UnderWay(database, () => this.#send());
  }

  /**
   * Sent at once if nothing is under way; what comes meanwhile goes together. Rejects with CommitRefused if none is
   * stored, with CommitCut if a first part is, with CommitUnknown if nobody can tell.
   */
  insert(documents: EntryDocument[]): Promise<void> {
    if (documents.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const deadline = this.#database.clock.now() + this.#database.limits.timeMs;
      this.#waiting.push({ documents, deadline, resolve, reject });
      this.#entries += documents.length;
      this.#send();
    });
  }

  #send(): void {
    while (this.#mayBegin()) {
      const taken = inTime(this.#take(), this.#database.clock.now());
      if (taken.length > 0) this.#underWay.add(this.#store(taken));
    }
  }

  /** A further insert is worth its command when it is full, or when the one under way takes long. */
  #mayBegin(): boolean {
    const { inserts, batch } = this.#database.limits;
    if (this.#waiting.length === 0 || this.#underWay.count >= inserts) return false;
    return !this.#underWay.someAreYoung || this.#entries >= batch;
  }

  /** Commits of no more entries together than a command carries, at least one. */
  #take(): Waiting[] {
    const taken = takeUpTo(this.#database.limits.batch, this.#waiting, ({ documents }) => documents.length);
    for (const { documents } of taken) this.#entries -= documents.length;
    return taken;
  }

  async #store(taken: Waiting[]): Promise<void> {
    try {
      await this.#insert(taken);
    } catch (error) {
      // Those that are settled already do not mind.
      for (const { reject } of taken) reject(error);
    }
  }

  async #insert(commits: Waiting[]): Promise<void> {
    if (commits.length === 0) return;
    const ordered = commits.some(({ documents }) => documents.length > 1);
    const documents = commits.flatMap((commit) => commit.documents);
    const { writeErrors } = await this.#database.write({ insert: "entries", documents, ordered });
    const errors = new Map(writeErrors.map((error) => [error.index, error]));
    let begin = 0;
    for (const [i, { documents, resolve, reject }] of commits.entries()) {
      const at = documents.findIndex((_, j) => errors.has(begin + j));
      const error = errors.get(begin + at);
      begin += documents.length;
      if (at < 0 || !error) {
        resolve();
        continue;
      }
      reject(at === 0 ? refusal(error) : new CommitCut(at, { cause: error.errmsg }));
      if (ordered) return this.#insert(commits.slice(i + 1));
    }
  }
}
