import type { Logger } from "moleculer";
import type { Clock, Timer } from "../../../contracts/clock.ts";

/** Runs a job again and again, one run at a time; a failed run is tried again at its next time. */
export class Sweeper {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #everyMs: number;
  readonly #job: () => Promise<void>;
  #timer: Timer | undefined;
  #running = false;

  constructor(parts: { clock: Clock; logger: Logger; everyMs: number; job: () => Promise<void> }) {
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#everyMs = parts.everyMs;
    this.#job = parts.job;
  }

  start(): void {
    this.#timer ??= this.#clock.every(this.#everyMs, () => void this.#run());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#job();
    } catch (error) {
      if (this.#timer) this.#logger.warn("a sweep failed and is tried again", error);
    } finally {
      this.#running = false;
    }
  }
}
