import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../contracts/clock.ts";
import type { Publisher } from "./publisher.ts";
import type { ReceiptBook } from "./receipt-book.ts";
import { receiptSignals } from "./receipt-signals.ts";

const TICK_MS = 250;

/** Tells of receipts, those of all conversations together, so that a burst of them is one signal each. */
export class ReceiptTicker {
  readonly #clock: Clock;
  readonly #caller: Caller;
  readonly #publisher: Publisher;
  readonly #onFailed: (error: unknown) => void;
  #moved = new Set<ReceiptBook>();
  #waiting = false;
  #telling: Promise<void> = Promise.resolve();

  constructor(clock: Clock, caller: Caller, publisher: Publisher, onFailed: (error: unknown) => void) {
    this.#clock = clock;
    this.#caller = caller;
    this.#publisher = publisher;
    this.#onFailed = onFailed;
  }

  mark(book: ReceiptBook): void {
    this.#moved.add(book);
    if (this.#waiting) return;
    this.#waiting = true;
    this.#clock.after(TICK_MS, () => {
      this.#waiting = false;
      this.#telling = this.#telling.then(() => this.#tell());
    });
  }

  /** Tells what has moved now. */
  flush(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tell());
    return this.#telling;
  }

  /** Resolves when what was due is told. */
  idle(): Promise<void> {
    return this.#telling;
  }

  async #tell(): Promise<void> {
    const books = this.#moved;
    this.#moved = new Set();
    for (const book of books) {
      try {
        for (const signal of await receiptSignals(book, this.#caller, this.#clock.now())) this.#publisher.publish(signal);
      } catch (error) {
        this.#onFailed(error);
      }
    }
    await this.#publisher.idle();
  }
}
