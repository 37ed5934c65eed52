import { takeUpTo } from "../../domain/pacing/take-up-to.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { UnderWay } from "./under-way.ts";
import { inTime, type WaitingCall } from "./waiting-call.ts";

export interface SharedReadsOptions<Q, A> {
  /** Reads all of these with one command; the answers in the same order. */
  read(asked: Q[]): Promise<A[]>;
  /** How much of a command one question takes: 1 if absent. */
  weigh?(asked: Q): number;
  /** What a command carries, unless a single question takes more. */
  most: number;
}

interface Waiting<Q, A> extends WaitingCall {
  asked: Q;
  resolve(answer: A): void;
}

/**
 * Reads of one kind share commands: what one turn of the event loop asks for goes together, and so does what comes while
 * a command is under way, unless that takes long. Each is answered as if it had been read alone, by a command that was sent
 * after it was asked; a command that fails fails for all who share it.
 */
export class SharedReads<Q, A> {
  readonly #database: MongoDatabase;
  readonly #options: SharedReadsOptions<Q, A>;
  readonly #underWay: UnderWay;
  #waiting: Waiting<Q, A>[] = [];
  #isDue = false;

  constructor(database: MongoDatabase, options: SharedReadsOptions<Q, A>) {
    this.#database = database;
    this.#options = options;
    this.#underWay = new UnderWay(database, () => this.#sendSoon());
  }

  ask(asked: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      const deadline = this.#database.clock.now() + this.#database.limits.timeMs;
      this.#waiting.push({ asked, deadline, resolve, reject });
      this.#sendSoon();
    });
  }

  #sendSoon(): void {
    if (this.#isDue || !this.#mayBegin()) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      while (this.#mayBegin()) {
        const taken = inTime(this.#take(), this.#database.clock.now());
        if (taken.length > 0) this.#underWay.add(this.#read(taken));
      }
    });
  }

  #mayBegin(): boolean {
    const { count, someAreYoung } = this.#underWay;
    return this.#waiting.length > 0 && !someAreYoung && count < this.#database.limits.reads;
  }

  #take(): Waiting<Q, A>[] {
    const { most, weigh = () => 1 } = this.#options;
    return takeUpTo(most, this.#waiting, ({ asked }) => weigh(asked));
  }

  async #read(taken: Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#options.read(taken.map(({ asked }) => asked));
      for (const [i, { resolve }] of taken.entries()) resolve(answers[i] as A);
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  }
}

/** What any of these filters finds. */
export const anyOf = <F extends object>(filters: F[]): F | { $or: F[] } =>
  (filters.length === 1 && filters[0]) || { $or: filters };
