import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock, Timer } from "../../../contracts/clock.ts";

/** The requests of all sessions that are not answered yet. */
export class RunningRequests {
  #count = 0;
  #finished: (() => void) | undefined;

  began(): void {
    this.#count++;
  }

  ended(): void {
    this.#count--;
    if (this.#count === 0) this.#finished?.();
  }

  /** Resolves when all that run now are answered, and after `ms` in any case. */
  async finish(clock: Clock, ms: number): Promise<void> {
    let limit: Timer | undefined;
    if (this.#count > 0) {
      await new Promise<void>((resolve) => {
        this.#finished = resolve;
        limit = clock.after(ms, resolve);
      });
    }
    limit?.cancel();
    // The answers go out after what made them has finished.
    await nextTurn();
  }
}
