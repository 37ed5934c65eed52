import type { DatabaseSync } from "node:sqlite";
import type { EntryRange } from "../message-log.ts";
import type { EntryColumns } from "./commit-codec.ts";
import { logQueries as sql } from "./log-queries.ts";
import { prepare } from "./statement.ts";

/** Entries that are looked at in search of a message, beyond as many as messages are wanted. */
const STRETCH = 64;

/**
 * Pages through messages only. These have no index of their own, for which every message would pay: the log is looked
 * through by stretches, and where one has no message, `n`, which counts them, leads to the next, however much lies between.
 */
export class MessagePages {
  readonly #ascending;
  readonly #descending;
  readonly #n;
  readonly #lastSeq;

  constructor(db: DatabaseSync) {
    this.#ascending = prepare<EntryColumns>(db, sql.messagesAscending);
    this.#descending = prepare<EntryColumns>(db, sql.messagesDescending);
    this.#n = prepare<{ n: number }>(db, sql.n);
    this.#lastSeq = prepare<{ seq: number | null }>(db, sql.lastSeq);
  }

  page(conv: number, { after, through, limit, descending }: EntryRange): EntryColumns[] {
    const end = this.#lastSeq.get(conv)?.seq ?? 0;
    const last = Math.min(through ?? end, end);
    return descending ? this.#down(conv, after, last, limit) : this.#up(conv, after, last, limit);
  }

  #up(conv: number, after: number, last: number, limit: number): EntryColumns[] {
    const found: EntryColumns[] = [];
    for (let low = after; low < last && found.length < limit; ) {
      const left = limit - found.length;
      const high = Math.min(last, low + left + STRETCH);
      const some = this.#ascending.all(conv, low, high, left);
      found.push(...some);
      low = some.length > 0 ? high : this.#reaching(conv, this.#nAt(conv, high) + 1, high, last) - 1;
    }
    return found;
  }

  #down(conv: number, after: number, last: number, limit: number): EntryColumns[] {
    const found: EntryColumns[] = [];
    for (let high = last; high > after && found.length < limit; ) {
      const left = limit - found.length;
      const low = Math.max(after, high - left - STRETCH);
      const some = this.#descending.all(conv, low, high, left);
      found.push(...some);
      high = some.length > 0 || low === after ? low : this.#reaching(conv, this.#nAt(conv, low), after, low);
    }
    return found;
  }

  /** The first place in (low, high] where `n` is reached, found by halving because it does not decrease; else the one after. */
  #reaching(conv: number, n: number, low: number, high: number): number {
    let [before, reached] = [low, high + 1];
    while (reached - before > 1) {
      const middle = Math.floor((before + reached) / 2);
      if (this.#nAt(conv, middle) < n) before = middle;
      else reached = middle;
    }
    return reached;
  }

  /** What retention took away is below every message that is left. */
  #nAt(conv: number, seq: number): number {
    return this.#n.get(conv, seq)?.n ?? 0;
  }
}
