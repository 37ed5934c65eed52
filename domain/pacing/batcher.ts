import type { Clock } from "../../contracts/clock.ts";

export interface BatcherOptions<T> {
  clock: Clock;
  send(batch: T[]): void;
  /** About how many bytes an item takes. */
  weigh(item: T): number;
  /** A batch weighs no more, unless it is one item alone. */
  mostBytes: number;
}

/** After a batch the next one gathers for so long. */
const GATHER_MS = 1;

/**
 * Sends together what goes the same way: after a rest with the next turn of the event loop, so that a lone item loses
 * no time; then a batch every millisecond, for as long as more comes.
 */
export class Batcher<T> {
  readonly #options: BatcherOptions<T>;
  #waiting: T[] = [];
  #bytes = 0;
  #resting = true;

  constructor(options: BatcherOptions<T>) {
    this.#options = options;
  }

  add(item: T): void {
    const bytes = this.#options.weigh(item);
    if (this.#waiting.length > 0 && this.#bytes + bytes > this.#options.mostBytes) this.#send();
    this.#waiting.push(item);
    this.#bytes += bytes;
    if (!this.#resting) return;
    this.#resting = false;
    setImmediate(() => this.#beat());
  }

  #beat(): void {
    this.#resting = this.#waiting.length === 0;
    if (this.#resting) return;
    this.#send();
    this.#options.clock.after(GATHER_MS, () => this.#beat());
  }

  #send(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#options.send(batch);
  }
}
