import { LRUCache } from "lru-cache";
import type { Clock } from "../../contracts/clock.ts";

const REMEMBERED = 50_000;
/** By then the account says it too. */
const REMEMBERED_MS = 300_000;

/** When those were last seen who went a short while ago: their accounts may not say it yet. */
export class LastSeen {
  readonly #times: LRUCache<string, number>;

  constructor(clock: Clock) {
    const perf = { now: () => clock.now() };
    this.#times = new LRUCache({ max: REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 0, perf });
  }

  set(userId: string, at: number): void {
    this.#times.set(userId, at);
  }

  /** The later of what is remembered and what the account says. */
  of(userId: string, stored?: string): string | undefined {
    const remembered = this.#times.get(userId);
    if (remembered === undefined) return stored;
    const text = new Date(remembered).toISOString();
    return stored !== undefined && stored > text ? stored : text;
  }
}
