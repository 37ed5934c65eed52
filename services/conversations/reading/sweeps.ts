import type { Timer } from "../../../contracts/clock.ts";
import { repeat } from "../../../domain/pacing/repeat.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { Deps } from "../../deps.ts";
import { sweepExpired } from "./expiry.ts";
import { Retention } from "./retention.ts";

const EXPIRY_MS = 1000;
const RETENTION_MS = 600_000;

/** What goes by time, one run of each at a time; a failed one is tried again at its next. */
export class Sweeps {
  readonly #deps: Deps;
  readonly #store: MessageStore;
  #timers: Timer[] = [];

  constructor(deps: Deps, store: MessageStore) {
    this.#deps = deps;
    this.#store = store;
  }

  start(): void {
    if (this.#timers.length > 0) return;
    const { clock, config } = this.#deps;
    const { log } = this.#store;
    const retention = new Retention(this.#store, clock, config);
    this.#timers = [
      repeat(clock, EXPIRY_MS, () => sweepExpired(log, clock), this.#failed),
      repeat(clock, RETENTION_MS, () => retention.sweep(), this.#failed),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  readonly #failed = (error: unknown): void => {
    if (this.#timers.length > 0) this.#deps.logger("conversations").warn("a sweep failed and is tried again", error);
  };
}
