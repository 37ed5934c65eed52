import type { Clock, Timer } from "../../../contracts/clock.ts";
import { ACKNOWLEDGED_AT } from "../../../contracts/services/routing.ts";

const HOLD_MS = 25;

/**
 * Answers to those who deliver frames here, several at once: an answer alone wakes a node that has nothing to do with it
 * but to count. A node that must wait for one before it sends more has delivered so many frames that it gets it at once.
 */
export class Acknowledgements {
  readonly #clock: Clock;
  #held: (() => void)[] = [];
  #frames = 0;
  #holding: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer to a call that delivered so many. */
  of(frames: number): Promise<{ accepted: number }> {
    return new Promise((resolve) => {
      this.#held.push(() => resolve({ accepted: frames }));
      this.#frames += frames;
      if (this.#frames >= ACKNOWLEDGED_AT) this.flush();
      else this.#holding ??= this.#clock.after(HOLD_MS, () => this.flush());
    });
  }

  flush(): void {
    this.#holding?.cancel();
    this.#holding = undefined;
    const held = this.#held;
    this.#held = [];
    this.#frames = 0;
    for (const answer of held) answer();
  }
}
