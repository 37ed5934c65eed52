/**
 * What a conversation's actor remembers of its log, by key: at least the `limit` of them that were set last, at most
 * twice as many, and whatever is not committed yet, since the store cannot answer for that.
 */
export class Recent<V> {
  readonly #limit: number;
  readonly #seqOf: (value: V) => number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** `seqOf`: the last log entry that has a part in the value. */
  constructor(limit: number, seqOf: (value: V) => number) {
    this.#limit = limit;
    this.#seqOf = seqOf;
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    return young === undefined ? this.#old.get(key) : young;
  }

  set(key: string, value: V): void {
    this.#young.set(key, value);
  }

  /** Forgets what was set before the last `limit`, of that which is stored. */
  trim(committedSeq: number): void {
    if (this.#young.size < this.#limit) return;
    const kept = this.#young;
    for (const [key, value] of this.#old) if (this.#seqOf(value) > committedSeq && !kept.has(key)) kept.set(key, value);
    this.#old = kept;
    this.#young = new Map();
  }
}
