/**
 * Many deadlines, one timer. Time here is what its turns have lasted: it never jumps, as wall clocks do. An item
 * stands in it once; who visits it says when to come again.
 */
export class Wheel<T> {
  readonly tickMs: number;
  readonly #buckets = new Map<number, T[]>();
  #tick = 0;

  constructor(tickMs: number) {
    this.tickMs = tickMs;
  }

  /** Milliseconds since it was made. */
  get now(): number {
    return this.#tick * this.tickMs;
  }

  /** Visits `item` at the first turn at or after `due`, never in this one. */
  add(item: T, due: number): void {
    const tick = Math.max(this.#tick + 1, Math.ceil(due / this.tickMs));
    const bucket = this.#buckets.get(tick);
    if (bucket) bucket.push(item);
    else this.#buckets.set(tick, [item]);
  }

  /** One tick later. `visit` answers when it wants the item again, or nothing if it is done with. */
  turn(visit: (item: T, now: number) => number | undefined): void {
    this.#tick++;
    const items = this.#buckets.get(this.#tick);
    this.#buckets.delete(this.#tick);
    for (const item of items ?? []) {
      const due = visit(item, this.now);
      if (due !== undefined) this.add(item, due);
    }
  }
}
