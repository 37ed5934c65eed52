import type { Clock, Timer } from "../contracts/clock.ts";

const EVERY_MS = 30_000;
/** Asking takes time itself, and databases keep time as well as machines do: less than this is nobody's fault. */
const TOLERATED_MS = 500;
/** An answer that took longer says too little. */
const PATIENCE_MS = 2000;

/**
 * The time as the database has it, which all nodes share: this machine's, set right by what it was found to be off.
 * When the database cannot be asked, that is what it was before.
 */
export class ClusterClock implements Clock {
  readonly #own: Clock;
  readonly #ask: (() => Promise<Date | undefined>) | undefined;
  #offMs = 0;
  #timer: Timer | undefined;

  /** `ask`: what the time is there; without it this machine's own will do. */
  constructor(own: Clock, ask?: () => Promise<Date | undefined>) {
    this.#own = own;
    this.#ask = ask;
  }

  now(): number {
    return this.#own.now() - this.#offMs;
  }

  after(ms: number, callback: () => void): Timer {
    return this.#own.after(ms, callback);
  }

  every(ms: number, callback: () => void): Timer {
    return this.#own.every(ms, callback);
  }

  /** Resolves when the database answered once, or is not going to soon. */
  async start(): Promise<void> {
    const ask = this.#ask;
    if (!ask) return;
    this.#timer = this.#own.every(EVERY_MS, () => void this.#compare(ask));
    await Promise.race([this.#compare(ask), new Promise<void>((resolve) => this.#own.after(PATIENCE_MS, resolve))]);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #compare(ask: () => Promise<Date | undefined>): Promise<void> {
    const asked = this.#own.now();
    const there = await ask().catch(() => undefined);
    const answered = this.#own.now();
    if (!there || answered < asked || answered - asked > PATIENCE_MS) return;
    const offMs = Math.round((asked + answered) / 2 - there.getTime());
    if (Math.abs(offMs - this.#offMs) >= TOLERATED_MS + (answered - asked) / 2) this.#offMs = offMs;
  }
}
