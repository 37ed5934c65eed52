import type { Clock } from "../../../contracts/clock.ts";
import type { EditEntry, Entry, MessageEntry } from "../../../contracts/entry.ts";
import { blankEdit, goneSince, presentable } from "../../../domain/conversation/blank.ts";
import {
  endSeq,
  maySee,
  pushHidden,
  readable,
  type Sight,
  type Span,
  visibleEntries,
} from "../../../domain/conversation/visibility.ts";
import type { StoredEntry } from "../../../stores/message-log.ts";
import type { MessageStore } from "../../../stores/message-store.ts";

/** Most entries that one read asks of the store. */
const READ_AT_ONCE = 1000;
/** Entries looked at for one page before it is answered shorter than asked, if nearly all of them are hidden. */
const LOOKED_AT = 10_000;

/** Reads logs as one user may see them, and only the parts that the user may see. */
export class LogReader {
  readonly #store: MessageStore;
  readonly #clock: Clock;

  constructor(store: MessageStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** At most `limit` items, contiguous from `after` + 1, also where the user was no member yet. */
  async page(sight: Sight, after: number, limit: number): Promise<Entry[]> {
    const items: Entry[] = [];
    const end = endSeq(sight);
    let next = after + 1;
    for (let lookedAt = 0; next <= end && items.length < limit && lookedAt < LOOKED_AT; ) {
      const [stretch] = readable(sight, { from: next, through: end });
      pushHidden(items, sight.conversationId, { from: next, through: (stretch?.from ?? end + 1) - 1 });
      if (!stretch || items.length === limit) break;
      const size = Math.min(limit - items.length, READ_AT_ONCE);
      const read = await this.#stretch(sight, stretch, size);
      for (const item of read.items) push(items, item);
      next = read.through + 1;
      lookedAt += size;
    }
    return this.#presentable(sight.conversationId, items.slice(0, limit));
  }

  /** At most `count` messages of `span` that the user may see, from its beginning or, `descending`, from its end. */
  async messages(sight: Sight, span: Span, count: number, descending: boolean): Promise<MessageEntry[]> {
    const found: MessageEntry[] = [];
    const stretches = readable(sight, span);
    for (const stretch of descending ? stretches.reverse() : stretches) {
      let rest: Span | undefined = stretch;
      for (let size = count; rest && found.length < count; size = Math.min(size * 4, READ_AT_ONCE)) {
        const kept = await this.#messagesIn(sight.conversationId, rest, size, descending);
        found.push(...(await this.#seen(sight, kept)));
        rest = kept.length < size ? undefined : beyond(kept, rest, descending);
      }
    }
    return found.slice(0, count);
  }

  #messagesIn(conversationId: string, { from, through }: Span, limit: number, descending: boolean): Promise<StoredEntry[]> {
    return this.#store.log.entries(conversationId, { after: from - 1, through, limit, descending, kind: "message" });
  }

  async #stretch(sight: Sight, stretch: Span, limit: number): Promise<{ items: Entry[]; through: number }> {
    // A log has no holes: so many places are so many entries, but for what retention has taken meanwhile.
    const through = Math.min(stretch.through, stretch.from + limit - 1);
    const span = { from: stretch.from, through };
    const [kept, hidden] = await Promise.all([
      this.#store.log.entries(sight.conversationId, { after: span.from - 1, through, limit }),
      this.#hiddenIn(sight, span),
    ]);
    return { items: visibleEntries(kept, sight, span, hidden), through };
  }

  async #seen(sight: Sight, kept: StoredEntry[]): Promise<MessageEntry[]> {
    const seqs = kept.map(({ entry }) => entry.seq);
    if (seqs.length === 0) return [];
    const hidden = await this.#hiddenIn(sight, { from: Math.min(...seqs), through: Math.max(...seqs) });
    const now = this.#now();
    return kept
      .filter((one) => !hidden.has(one.entry.seq) && maySee(sight, one))
      .map(({ entry }) => presentable(entry, now))
      .filter((entry) => entry.kind === "message");
  }

  async #hiddenIn({ userId, conversationId }: Sight, { from, through }: Span): Promise<Set<number>> {
    return new Set(await this.#store.participation.hiddenIn(userId, conversationId, from - 1, through));
  }

  /** Nothing of an expired message shows, though it is not swept yet: neither in itself nor in its edits. */
  async #presentable(conversationId: string, items: Entry[]): Promise<Entry[]> {
    const now = this.#now();
    const expired = await this.#expiredTargets(conversationId, items, now);
    return items.map((item) => {
      if (item.kind === "hidden") return item;
      return item.kind === "edit" && expired.has(item.target) ? blankEdit(item) : presentable(item, now);
    });
  }

  async #expiredTargets(conversationId: string, items: Entry[], now: string): Promise<Set<string>> {
    const edits = items.filter((item): item is EditEntry => item.kind === "edit" && item.content !== "");
    const targets = [...new Set(edits.map(({ target }) => target))];
    const gone = await Promise.all(targets.map((target) => this.#isGone(conversationId, target, now)));
    return new Set(targets.filter((_, i) => gone[i]));
  }

  async #isGone(conversationId: string, messageId: string, now: string): Promise<boolean> {
    const place = await this.#store.log.locate(messageId);
    if (!place) return false;
    const [kept] = await this.#store.log.entries(conversationId, { after: place.seq - 1, through: place.seq, limit: 1 });
    return kept?.entry.kind === "message" && goneSince(kept.entry, now) !== undefined;
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function push(items: Entry[], item: Entry): void {
  if (item.kind === "hidden") pushHidden(items, item.conversationId, { from: item.seq, through: item.through });
  else items.push(item);
}

/** What of `span` lies beyond the entries that were read of it. */
function beyond(kept: StoredEntry[], span: Span, descending: boolean): Span | undefined {
  const edge = kept.at(-1)?.entry.seq;
  if (edge === undefined) return undefined;
  const rest = descending ? { ...span, through: edge - 1 } : { ...span, from: edge + 1 };
  return rest.from <= rest.through ? rest : undefined;
}
