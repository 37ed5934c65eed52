import { OverloadedError } from "../../contracts/errors.ts";

type Job = { turn: () => unknown; resolve: (value: never) => void; reject: (error: unknown) => void };

/**
 * An actor's inbox: one turn at a time, in the order they came; a turn lasts until what it returns has
 * settled. At most `limit` turns wait; one more is OVERLOADED at once.
 */
export class Mailbox {
  readonly #limit: number;
  #waiting: Job[] = [];
  #running = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Nothing runs and nothing waits. */
  get empty(): boolean {
    return !this.#running && this.#waiting.length === 0;
  }

  run<T>(turn: () => T | Promise<T>): Promise<T> {
    if (this.#waiting.length >= this.#limit) return Promise.reject(new OverloadedError("too much waits for this already"));
    return this.enqueue(turn);
  }

  /** As `run`, for the actor's own housekeeping: the limit does not keep it out. */
  enqueue<T>(turn: () => T | Promise<T>): Promise<T> {
    if (this.#running) return new Promise<T>((resolve, reject) => void this.#waiting.push({ turn, resolve, reject }));
    this.#running = true;
    return this.#begin(turn);
  }

  /** Answers everything that waits with `error`. The turn that runs is not touched. */
  refuseWaiting(error: unknown): void {
    const refused = this.#waiting;
    this.#waiting = [];
    for (const job of refused) job.reject(error);
  }

  /** Nothing runs: it is begun here and now, and if it is over when it returns, nobody has waited for it. */
  #begin<T>(turn: () => T | Promise<T>): Promise<T> {
    try {
      const result = turn();
      if (isPromise(result)) return this.#last(result);
      this.#next();
      return Promise.resolve(result);
    } catch (error) {
      this.#next();
      return Promise.reject(error);
    }
  }

  #next(): void {
    const job = this.#waiting.shift();
    if (job) this.#begin(job.turn).then(job.resolve as (value: unknown) => void, job.reject);
    else this.#running = false;
  }

  /** The next turn begins when this one has settled. */
  #last<T>(result: Promise<T>): Promise<T> {
    const next = () => this.#next();
    result.then(next, next);
    return result;
  }
}

const isPromise = <T>(result: T | Promise<T>): result is Promise<T> =>
  typeof result === "object" && result !== null && "then" in result;
