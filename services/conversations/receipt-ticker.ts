import { setImmediate as nextTurn } from "node:timers/promises";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../contracts/clock.ts";
import type { Publisher } from "./publisher.ts";
import type { ReceiptBook } from "./receipt-book.ts";
import { learnDiscretion, receiptSignals } from "./receipt-signals.ts";

const TICK_MS = 250;
/** Books that are told of in one turn of the event loop: messages do not wait for receipts. */
const AT_ONCE = 8;

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
    const due = [...this.#moved].map((book) => ({ book, moved: book.takeMoved() }));
    this.#moved = new Set();
    await learnDiscretion(
      due.map(({ book, moved }) => ({ book, userIds: [...moved.keys()] })),
      this.#caller,
    );
    for (const [i, { book, moved }] of due.entries()) {
      if (i % AT_ONCE === AT_ONCE - 1) await nextTurn();
      try {
        const signals = await receiptSignals(book, moved, this.#caller, this.#clock.now());
        for (const signal of signals) this.#publisher.publish(signal);
      } catch (error) {
        this.#onFailed(error);
      }
    }
    await this.#publisher.idle();
  }
}
