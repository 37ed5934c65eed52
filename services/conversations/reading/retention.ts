import type { Config } from "../../../config.ts";
import type { Clock } from "../../../contracts/clock.ts";
import type { Prunable } from "../../../stores/message-log.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import { loadState } from "../activation.ts";

const DAY_MS = 86_400_000;
const CONVERSATIONS_AT_ONCE = 100;
const ENTRIES_AT_ONCE = 1000;

/**
 * Takes what is older than RETENTION_DAYS from the beginning of logs; 0 keeps everything. What somebody has not got yet
 * stays until it is UNDELIVERED_DAYS old. A device that was away for longer finds a `hidden` run there, as everybody does.
 *
 * First the record's snapshot moves to the log's end, then its floor, and only then the entries below it go: members,
 * settings and numbering never rest on an entry that is gone. The conversation's actor writes the same record on
 * its own; the store keeps the newer snapshot and the higher floor whoever writes last. A floor that lost such a
 * race is set by the next sweep.
 */
export class Retention {
  readonly #store: MessageStore;
  readonly #clock: Clock;
  readonly #config: Pick<Config, "retentionDays" | "undeliveredDays">;

  constructor(store: MessageStore, clock: Clock, config: Pick<Config, "retentionDays" | "undeliveredDays">) {
    this.#store = store;
    this.#clock = clock;
    this.#config = config;
  }

  async sweep(): Promise<void> {
    const { retentionDays } = this.#config;
    if (retentionDays === 0) return;
    const before = this.#daysAgo(retentionDays);
    let last: Prunable | undefined;
    do {
      const old = await this.#store.log.prunable(before, CONVERSATIONS_AT_ONCE, last);
      await this.#cutAll(old);
      last = old.at(CONVERSATIONS_AT_ONCE - 1);
    } while (last);
  }

  /** One conversation that cannot be cut does not keep the others; the sweep fails after them. */
  async #cutAll(old: Prunable[]): Promise<void> {
    const failures: unknown[] = [];
    for (const one of old) {
      await this.#cut(one).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #cut(old: Prunable): Promise<void> {
    const { conversationId } = old;
    const { log } = this.#store;
    const floorSeq = await this.#floorOf(old);
    const state = await loadState(log, conversationId);
    if (!state || floorSeq <= state.floorSeq) return;
    await log.append({ conversationId, entries: [], record: { ...state.snapshot(), floorSeq } });
    while ((await log.prune(conversationId, ENTRIES_AT_ONCE)) === ENTRIES_AT_ONCE);
  }

  /** What is old goes as far as everybody has it, and beyond that as far as it is too old even for who has not. */
  async #floorOf({ conversationId, floorSeq }: Prunable): Promise<number> {
    const { log, participation } = this.#store;
    const delivered = (await participation.lowestCursor(conversationId)) ?? floorSeq;
    if (delivered >= floorSeq) return floorSeq;
    const tooOld = await log.lastBefore(conversationId, this.#daysAgo(this.#config.undeliveredDays));
    return Math.min(floorSeq, Math.max(delivered, tooOld));
  }

  #daysAgo(days: number): string {
    return new Date(this.#clock.now() - days * DAY_MS).toISOString();
  }
}
