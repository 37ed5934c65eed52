import type { Config } from "../../../config.ts";
import type { Clock } from "../../../contracts/clock.ts";
import type { MessageLog } from "../../../stores/message-log.ts";
import { loadState } from "../activation.ts";

const DAY_MS = 86_400_000;
const CONVERSATIONS_AT_ONCE = 100;
const ENTRIES_AT_ONCE = 1000;

/**
 * Takes what is older than RETENTION_DAYS from the beginning of logs; 0 keeps everything. A device that was away for
 * longer finds a `hidden` run there, as everybody does.
 *
 * First the record's snapshot moves to the log's end, then its floor, and only then the entries below it go: members,
 * settings and numbering never rest on an entry that is gone. The conversation's actor writes the same record on
 * its own; the store keeps the newer snapshot and the higher floor whoever writes last. A floor that lost such a
 * race is set by the next sweep.
 */
export class Retention {
  readonly #log: MessageLog;
  readonly #clock: Clock;
  readonly #days: number;

  constructor(log: MessageLog, clock: Clock, { retentionDays }: Pick<Config, "retentionDays">) {
    this.#log = log;
    this.#clock = clock;
    this.#days = retentionDays;
  }

  async sweep(): Promise<void> {
    if (this.#days === 0) return;
    const before = new Date(this.#clock.now() - this.#days * DAY_MS).toISOString();
    for (let more = true; more; ) {
      const old = await this.#log.prunable(before, CONVERSATIONS_AT_ONCE);
      await this.#cutAll(old);
      more = old.length === CONVERSATIONS_AT_ONCE;
    }
  }

  /** One conversation that cannot be cut does not keep the others; the sweep fails after them. */
  async #cutAll(old: { conversationId: string; floorSeq: number }[]): Promise<void> {
    const failures: unknown[] = [];
    for (const { conversationId, floorSeq } of old) {
      await this.#cut(conversationId, floorSeq).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #cut(conversationId: string, floorSeq: number): Promise<void> {
    const state = await loadState(this.#log, conversationId);
    if (!state) return;
    await this.#log.append({ conversationId, entries: [], record: { ...state.snapshot(), floorSeq } });
    while ((await this.#log.prune(conversationId, ENTRIES_AT_ONCE)) === ENTRIES_AT_ONCE);
  }
}
