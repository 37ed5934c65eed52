/**
 * What a conversation's actor remembers of its log, by key: the most recently used `limit` of them, and
 * whatever is not committed yet, since the store cannot answer for that.
 */
export class Recent<V> {
  readonly #limit: number;
  readonly #seqOf: (value: V) => number;
  readonly #byKey = new Map<string, V>();

  /** `seqOf`: the last log entry that has a part in the value. */
  constructor(limit: number, seqOf: (value: V) => number) {
    this.#limit = limit;
    this.#seqOf = seqOf;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, value: V): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, value);
  }

  /** Forgets the oldest beyond the limit, of those that are stored. */
  trim(committedSeq: number): void {
    let excess = this.#byKey.size - this.#limit;
    for (const [key, value] of this.#byKey) {
      if (excess-- <= 0 || this.#seqOf(value) > committedSeq) return;
      this.#byKey.delete(key);
    }
  }
}
