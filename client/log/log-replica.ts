import type { Entry } from "../../contracts/entry.ts";

/** How long an entry may wait for the one before it. */
export const holdMs = 1_000;
/** Entries held behind one gap; what is beyond comes again by `sync`. */
const mostHeld = 1_000;

interface Log {
  /** Everything up to here was given out. Unknown until something says where this device begins. */
  cursor: number | undefined;
  held: Map<number, Entry>;
  /** Since when something is held. */
  heldSince: number;
  /** The newest head that a sync found nothing for. */
  settledHead: number;
}

/**
 * What this device has of each conversation, by number: gives each entry out once, in order, and knows what is
 * missing. Pure: no clock, no connection, no store; the caller does what it says.
 */
export class LogReplica {
  #logs = new Map<string, Log>();

  cursor(conversationId: string): number | undefined {
    return this.#logs.get(conversationId)?.cursor;
  }

  /** Sets where a conversation begins or goes on: what is below is taken as had. */
  place(conversationId: string, cursor: number): void {
    this.#logs.set(conversationId, { cursor, held: new Map(), heldSince: 0, settledHead: 0 });
  }

  /** Before a conversation is read afresh. */
  drop(conversationId: string): void {
    this.#logs.delete(conversationId);
  }

  /**
   * Takes an entry as it came, and returns what may be applied now, in order. `contiguous` says that nothing of this
   * device's lies before it unsent (a backlog, a page of `sync`), so that it can begin a conversation not yet known.
   */
  offer(entry: Entry, now: number, contiguous = false): Entry[] {
    const log = this.#log(entry.conversationId);
    if (log.cursor === undefined && (contiguous || entry.seq === 1)) log.cursor = entry.seq - 1;
    if (log.cursor === undefined || entry.seq > log.cursor + 1) {
      this.#hold(log, entry, now);
      return [];
    }
    log.heldSince = now;
    return [...advance(log, entry)];
  }

  /** The conversations with a gap since `time` or before, and where each gap begins; undefined: at this device's record. */
  gapsSince(time: number): Map<string, number | undefined> {
    const gaps = [...this.#logs].filter(([, { held, heldSince }]) => held.size > 0 && heldSince <= time);
    return new Map(gaps.map(([id, { cursor }]) => [id, cursor]));
  }

  /** Whether anything waits for what is missing. */
  get holding(): boolean {
    return [...this.#logs.values()].some(({ held }) => held.size > 0);
  }

  /** The conversations that end above what is here, by what `heads` says. */
  behind(heads: Record<string, number>): Map<string, number | undefined> {
    const logs = Object.entries(heads).map(([id, head]) => ({ id, head, log: this.#logs.get(id) }));
    const late = logs.filter(({ head, log }) => head > Math.max(log?.cursor ?? 0, log?.settledHead ?? 0));
    return new Map(late.map(({ id, log }) => [id, log?.cursor]));
  }

  /**
   * After a sync that reached the end: what `heads` said beyond it is not for this device, and what is still held
   * waits for nothing that is to come. A conversation not yet known begins with what is held, or else at that head.
   */
  settle(conversationId: string, head: number, now: number): Entry[] {
    const log = this.#log(conversationId);
    log.settledHead = Math.max(log.settledHead, head);
    const lowest = log.held.get(Math.min(...log.held.keys()));
    if (log.cursor === undefined && lowest) return this.offer(lowest, now, true);
    log.held.clear();
    log.cursor ??= head;
    return [];
  }

  #log(conversationId: string): Log {
    let log = this.#logs.get(conversationId);
    if (!log) this.#logs.set(conversationId, (log = { cursor: undefined, held: new Map(), heldSince: 0, settledHead: 0 }));
    return log;
  }

  #hold(log: Log, entry: Entry, now: number): void {
    if (log.held.size === 0) log.heldSince = now;
    if (log.held.size < mostHeld) log.held.set(entry.seq, entry);
  }
}

/** The last place that an entry covers. */
export const throughOf = (entry: Entry): number => (entry.kind === "hidden" ? entry.through : entry.seq);

/** Applies the entry, then what it was that others waited for. */
function* advance(log: Log, first: Entry): Generator<Entry> {
  let next: Entry | undefined = first;
  while (next) {
    const cursor: number = log.cursor ?? 0;
    if (throughOf(next) > cursor) {
      yield next.kind === "hidden" ? { ...next, seq: cursor + 1 } : next;
      log.cursor = throughOf(next);
    }
    next = takeNext(log);
  }
}

function takeNext({ held, cursor = 0 }: Log): Entry | undefined {
  // A hidden run may reach over, or begin before, the next place.
  for (const [seq, entry] of held) {
    if (seq > cursor + 1) continue;
    held.delete(seq);
    if (throughOf(entry) > cursor) return entry;
  }
  return undefined;
}
