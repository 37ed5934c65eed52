import type { Caller } from "../../contracts/caller.ts";
import type { FanoutItem } from "../../contracts/services/fanout.ts";
import { endOfTurn } from "../../domain/pacing/end-of-turn.ts";
import { takeUpTo } from "../../domain/pacing/take-up-to.ts";

/** Items that wait for the fan-out; beyond, the oldest are dropped: entries are in the log, signals are short-lived. */
const MOST_WAITING = 10_000;
/** One call carries so much: below the megabyte of a transporter, however its text is escaped. */
const UNITS_PER_CALL = 256 * 1024;

/**
 * Tells the fan-out what all conversations of this node have to tell, in the order they do: what comes up within one
 * turn of the event loop, or while a call is under way, goes in one call.
 */
export class Publisher {
  readonly #caller: Caller;
  readonly #onFailed: (error: unknown) => void;
  #waiting: FanoutItem[] = [];
  #busy = false;
  #work: Promise<void> = Promise.resolve();

  constructor(caller: Caller, onFailed: (error: unknown) => void) {
    this.#caller = caller;
    this.#onFailed = onFailed;
  }

  publish(item: FanoutItem): void {
    this.#waiting.push(item);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    if (this.#busy) return;
    this.#busy = true;
    this.#work = this.#drain();
  }

  /** Resolves when all of it has been told. */
  idle(): Promise<void> {
    return this.#work;
  }

  async #drain(): Promise<void> {
    await endOfTurn();
    while (this.#waiting.length > 0) {
      const items = this.#take();
      await this.#caller.call("fanout.publish", { items }).catch(this.#onFailed);
    }
    this.#busy = false;
  }

  #take(): FanoutItem[] {
    return takeUpTo(UNITS_PER_CALL, this.#waiting, unitsOf);
  }
}

/** No less than about how long it is in a call. */
function unitsOf(item: FanoutItem): number {
  const names = 300 + 40 * item.recipients.length;
  if (item.type === "signal") return names + 2000;
  const { entry } = item;
  if (entry.kind === "member") return names + 40 * entry.userIds.length;
  if (!("content" in entry)) return names;
  return names + entry.content.length + (entry.metadata || ("attachments" in entry && entry.attachments) ? 16_384 : 0);
}
