import type { Clock } from "../../contracts/clock.ts";

/** How long a node that let a call time out is passed over. */
const SUSPECTED_MS = 5000;

/** Nodes that did not answer in time, for a while. */
export class Suspicions {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  suspect(nodeID: string): void {
    for (const other of this.#until.keys()) this.has(other);
    this.#until.set(nodeID, this.#clock.now() + SUSPECTED_MS);
  }

  /** Forgets a suspicion that has run out. */
  has(nodeID: string): boolean {
    const until = this.#until.get(nodeID);
    if (until === undefined) return false;
    if (this.#clock.now() < until) return true;
    this.#until.delete(nodeID);
    return false;
  }

  /** There is nobody to be wary of: the usual case, and a cheap question. */
  get none(): boolean {
    return this.#until.size === 0;
  }
}
