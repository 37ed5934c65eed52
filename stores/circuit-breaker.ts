import type { Clock } from "../contracts/clock.ts";

export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerOptions {
  clock: Clock;
  /** After so many failures in a row it opens, */
  failures: number;
  /** and after so long it lets one call through, to see. */
  restMs: number;
}

/** Keeps calls from a store that does not answer, so that whoever asks is told at once instead of after a time limit. */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #openedAt = 0;
  #probing = false;
  #cause: unknown;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    if (this.#failures < this.#options.failures) return "closed";
    return this.#probing || this.#rested() ? "half-open" : "open";
  }

  /** Whether a call may go ahead. If so, `succeeded` or `failed` must tell how it went. */
  admits(): boolean {
    if (this.#failures < this.#options.failures) return true;
    if (this.#probing || !this.#rested()) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probing = false;
  }

  /**
   * Calls that began while it was closed fail later: they keep it open, and do not prolong the rest. Calls that share a
   * command fail with one and the same `cause`, which counts once.
   */
  failed(cause: unknown): void {
    if (cause === this.#cause) return;
    this.#cause = cause;
    this.#failures++;
    if (this.#failures > this.#options.failures && !this.#probing) return;
    this.#openedAt = this.#options.clock.now();
    this.#probing = false;
  }

  #rested(): boolean {
    return this.#options.clock.now() - this.#openedAt >= this.#options.restMs;
  }
}
