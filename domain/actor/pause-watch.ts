import type { Clock, Timer } from "../../contracts/clock.ts";

const BEAT_MS = 1000;

/**
 * Notices that this process stood still: suspended, or its event loop blocked. Whatever it held about the
 * world outside may be old then.
 */
export class PauseWatch {
  readonly #clock: Clock;
  readonly #pauseMs: number;
  readonly #timer: Timer;
  #lastBeat: number;
  #pauses = 0;

  constructor(clock: Clock, pauseMs: number) {
    this.#clock = clock;
    this.#pauseMs = pauseMs;
    this.#lastBeat = clock.now();
    this.#timer = clock.every(BEAT_MS, () => this.#beat());
  }

  /** How many pauses there were. Asked before each turn: after a pause, calls may arrive before the timer fires. */
  get pauses(): number {
    this.#beat();
    return this.#pauses;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #beat(): void {
    const now = this.#clock.now();
    if (now - this.#lastBeat >= this.#pauseMs) this.#pauses++;
    this.#lastBeat = now;
  }
}
