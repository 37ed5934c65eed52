import { setImmediate as nextTurn } from "node:timers/promises";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock, Timer } from "../../contracts/clock.ts";
import type { Publisher } from "./publisher.ts";
import type { ReceiptBook } from "./receipt-book.ts";
import { learnDiscretion, receiptSignals } from "./receipt-signals.ts";

/** Receipts gather for so long in each conversation, */
const GATHER_MS = 200;
/** and what is due in several within this is told together. */
const SLICE_MS = 50;
/** Books that are told of in one turn of the event loop: messages do not wait for receipts. */
const AT_ONCE = 16;

/**
 * Tells of receipts. Each conversation has a time of its own for that, so that a burst in one of them is one signal,
 * and many conversations are no burst.
 */
export class ReceiptTicker {
  readonly #clock: Clock;
  readonly #caller: Caller;
  readonly #publisher: Publisher;
  readonly #onFailed: (error: unknown) => void;
  /** Books that moved, and when they are due: in the order of that. */
  readonly #moved = new Map<ReceiptBook, number>();
  #timer: Timer | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(clock: Clock, caller: Caller, publisher: Publisher, onFailed: (error: unknown) => void) {
    this.#clock = clock;
    this.#caller = caller;
    this.#publisher = publisher;
    this.#onFailed = onFailed;
  }

  mark(book: ReceiptBook): void {
    if (this.#moved.has(book)) return;
    this.#moved.set(book, this.#clock.now() + GATHER_MS);
    this.#timer ??= this.#clock.after(GATHER_MS, () => this.#turn());
  }

  /** Tells what has moved now. */
  flush(): Promise<void> {
    return this.#tellUntil(Number.POSITIVE_INFINITY);
  }

  /** Resolves when what was due is told. */
  idle(): Promise<void> {
    return this.#telling;
  }

  #turn(): void {
    const now = this.#clock.now();
    void this.#tellUntil(now);
    const [next] = this.#moved.values();
    this.#timer = next === undefined ? undefined : this.#clock.after(Math.max(SLICE_MS, next - now), () => this.#turn());
  }

  #tellUntil(time: number): Promise<void> {
    const due: ReceiptBook[] = [];
    for (const [book, at] of this.#moved) {
      if (at > time) break;
      this.#moved.delete(book);
      due.push(book);
    }
    this.#telling = this.#telling.then(() => this.#tell(due));
    return this.#telling;
  }

  async #tell(books: ReceiptBook[]): Promise<void> {
    const due = books.map((book) => ({ book, moved: book.takeMoved() }));
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
