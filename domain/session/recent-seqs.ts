/**
 * The last `seq` of conversations that moved lately. Each is remembered for one to two turns; so what is kept
 * follows the traffic, not the number of conversations.
 */
export class RecentSeqs {
  readonly #most: number;
  #young: Map<string, number> | undefined;
  #old: Map<string, number> | undefined;

  /** `most`: so many new ones turn it by themselves. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get(conversationId: string): number | undefined {
    return this.#young?.get(conversationId) ?? this.#old?.get(conversationId);
  }

  set(conversationId: string, seq: number): void {
    if (this.#young && this.#young.size >= this.#most && !this.#young.has(conversationId)) this.turn();
    this.#young ??= new Map();
    this.#young.set(conversationId, seq);
  }

  /** Forgets those that were not set since the turn before. */
  turn(): void {
    this.#old = this.#young;
    this.#young = undefined;
  }

  /** Whether nothing moved lately. */
  get isEmpty(): boolean {
    return !this.#young && !this.#old;
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries([...(this.#old ?? []), ...(this.#young ?? [])]);
  }
}
