import { OverloadedError } from "../../contracts/errors.ts";

export interface Limits {
  /** A call that takes longer rejects; what it wrote may still come to be. */
  timeMs: number;
  /** Calls that may wait; one more is OVERLOADED. */
  waiting: number;
}

export const usualLimits: Limits = { timeMs: 5000, waiting: 1000 };

/** Bounds calls in time and number. */
export class CallLimits {
  readonly #limits: Limits;
  readonly #late: () => Error;
  #waiting = 0;

  /** `late` makes the error of a call that took too long. */
  constructor(limits: Limits, late: () => Error) {
    this.#limits = limits;
    this.#late = late;
  }

  /** `signal` aborts when the call's time is up. It may go on then, but nobody hears of it. */
  async run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limits.waiting) throw new OverloadedError();
    this.#waiting++;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(this.#late()), this.#limits.timeMs);
    try {
      return await Promise.race([call(late.signal), aborted(late.signal)]);
    } finally {
      clearTimeout(timer);
      this.#waiting--;
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
