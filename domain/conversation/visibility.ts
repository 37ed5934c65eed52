import type { Entry, LoggedEntry } from "../../contracts/entry.ts";

/** A user's stay in a conversation; both ends included, no `to` while it lasts. */
export interface Interval {
  from: number;
  to?: number;
}

/** What decides which places of one log one user may look at. */
export interface Sight {
  conversationId: string;
  userId: string;
  /** Ascending, apart from each other; at least one. */
  intervals: Interval[];
  /** Entries up to and with this one are gone by retention. */
  floorSeq: number;
  /** The end of the log. */
  lastSeq: number;
}

/** Part of a log, both ends included. */
export interface Span {
  from: number;
  through: number;
}

/** An entry as it is kept: what every viewer gets, and who must not. */
export interface StoredEntry {
  entry: LoggedEntry;
  /** Users for whom it is `hidden` (the sender was blocked). */
  hiddenFor?: string[];
}

/** Where the log begins for this user. */
export const firstSeq = ({ intervals }: Pick<Sight, "intervals">): number => intervals[0]?.from ?? 1;

/** The user's own leaving, if it has left. */
export const leftSeq = ({ intervals }: Pick<Sight, "intervals">): number | undefined => intervals.at(-1)?.to;

/** Where the log ends for this user. */
export function endSeq(sight: Pick<Sight, "intervals" | "lastSeq">): number {
  return Math.min(leftSeq(sight) ?? sight.lastSeq, sight.lastSeq);
}

/** What of `span` the user may read, ascending: the stays in it, without what is gone. */
export function readable({ intervals, floorSeq, lastSeq }: Sight, span: Span): Span[] {
  return intervals
    .map(({ from, to = lastSeq }) => ({
      from: Math.max(from, span.from, floorSeq + 1),
      through: Math.min(to, span.through, lastSeq),
    }))
    .filter(({ from, through }) => from <= through);
}

/** Whether the user was there at `seq`, and it is still kept. */
export function mayRead({ intervals, floorSeq }: Sight, seq: number): boolean {
  return seq > floorSeq && intervals.some(({ from, to = Number.POSITIVE_INFINITY }) => from <= seq && seq <= to);
}

export function maySee(sight: Sight, { entry, hiddenFor }: StoredEntry): boolean {
  return mayRead(sight, entry.seq) && !hiddenFor?.includes(sight.userId);
}

/**
 * What the user gets of `span`: every place in it, up to where the log ends for the user, is covered once, ascending, by
 * an entry that the user may see or by a `hidden` run as long as can be, so a device that counts from any place finds no
 * gap. `kept` may lack entries (those are hidden) and may have more than the user may see; `hidden` are the messages that
 * the user deleted for itself.
 */
export function visibleEntries(kept: StoredEntry[], sight: Sight, span: Span, hidden: ReadonlySet<number>): Entry[] {
  const items: Entry[] = [];
  let next = span.from;
  const through = Math.min(span.through, endSeq(sight));
  for (const one of kept) {
    const { entry } = one;
    if (entry.seq < next || entry.seq > through || hidden.has(entry.seq) || !maySee(sight, one)) continue;
    pushHidden(items, sight.conversationId, { from: next, through: entry.seq - 1 });
    items.push(entry);
    next = entry.seq + 1;
  }
  pushHidden(items, sight.conversationId, { from: next, through });
  return items;
}

/** Adds a run that nobody may see, to the run before it if there is one. */
export function pushHidden(items: Entry[], conversationId: string, { from, through }: Span): void {
  if (from > through) return;
  const last = items.at(-1);
  if (last?.kind === "hidden" && last.through === from - 1) items[items.length - 1] = { ...last, through };
  else items.push({ conversationId, seq: from, kind: "hidden", through });
}

/** The last place that an item covers. */
export const throughOf = (item: Entry): number => (item.kind === "hidden" ? item.through : item.seq);
