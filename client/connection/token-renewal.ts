import type { Clock, Timer } from "../../contracts/clock.ts";
import { longestTimerMs } from "../clock.ts";

interface TokenRenewalParts {
  clock: Clock;
  /** When the token in use should be replaced. */
  renewAt(): number;
  /** Puts a new token in place of it. */
  renew(): Promise<void>;
}

const againMs = 5_000;

/** Renews the token of a connection before it runs out. If that fails to the end, the server closes, and the way back renews it. */
export class TokenRenewal {
  readonly #parts: TokenRenewalParts;
  #timer: Timer | undefined;
  #running = false;

  constructor(parts: TokenRenewalParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = true;
    this.#wait(this.#parts.renewAt() - this.#parts.clock.now());
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  async now(): Promise<void> {
    this.#timer?.cancel();
    try {
      await this.#parts.renew();
      if (this.#running) this.start();
    } catch {
      if (this.#running) this.#wait(againMs);
    }
  }

  #wait(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(Math.min(Math.max(ms, 0), longestTimerMs), () => void this.now());
  }
}
