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
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ turn, resolve, reject });
      if (!this.#running) void this.#work();
    });
  }

  /** Answers everything that waits with `error`. The turn that runs is not touched. */
  refuseWaiting(error: unknown): void {
    const refused = this.#waiting;
    this.#waiting = [];
    for (const job of refused) job.reject(error);
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      try {
        job.resolve((await job.turn()) as never);
      } catch (error) {
        job.reject(error);
      }
    }
    this.#running = false;
  }
}
