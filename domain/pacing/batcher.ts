import type { Clock } from "../../contracts/clock.ts";

export interface BatcherOptions<T> {
  clock: Clock;
  send(batch: T[]): void;
  /** About how many bytes an item takes. */
  weigh(item: T): number;
  /** A batch weighs no more, unless it is one item alone. */
  mostBytes: number;
}

/**
 * Sends together what goes the same way: what comes in one turn of the event loop, with the next one, so that a lone
 * item loses no time; but no more than one batch in a millisecond, so that under load the batches grow.
 */
export class Batcher<T> {
  readonly #options: BatcherOptions<T>;
  #waiting: T[] = [];
  #bytes = 0;
  #sentAt = 0;

  constructor(options: BatcherOptions<T>) {
    this.#options = options;
  }

  add(item: T): void {
    const bytes = this.#options.weigh(item);
    if (this.#waiting.length > 0 && this.#bytes + bytes > this.#options.mostBytes) this.#send();
    this.#waiting.push(item);
    this.#bytes += bytes;
    if (this.#waiting.length === 1) this.#sendSoon();
  }

  #sendSoon(): void {
    const { clock } = this.#options;
    if (clock.now() === this.#sentAt) clock.after(1, () => this.#send());
    else setImmediate(() => this.#send());
  }

  #send(): void {
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#sentAt = this.#options.clock.now();
    this.#options.send(batch);
  }
}
