import type { Clock, Timer } from "../../contracts/clock.ts";
import type { Entry } from "../../contracts/entry.ts";
import type { Conversation, Reset, UserChange } from "../../contracts/shapes.ts";
import type { ClientInput, SyncAnswer } from "../../contracts/socket-events.ts";
import { asRequestError } from "../connection/request-error.ts";
import type { KeyValueStore } from "../store.ts";
import { DeliveredAcks } from "./delivered-acks.ts";
import { holdMs, LogReplica } from "./log-replica.ts";

export interface LogSyncParts {
  store: KeyValueStore;
  clock: Clock;
  sync(request: ClientInput<"sync">): Promise<SyncAnswer>;
  acknowledge(upTo: { conversationId: string; seq: number }): Promise<unknown>;
  /** Each entry once, a conversation's in order. When it returns, the entry counts as stored. */
  onEntry(entry: Entry): void;
  onConversation(conversation: Conversation): void;
  onChange(change: UserChange): void;
  onReset(reset: Reset): void;
}

const CURSOR = "cursor/";
const SYNC = "sync-cursor";
const conversationsAtOnce = 64;
const retryMs = 1_000;

/**
 * Keeps this device's logs up with the server: applies what comes, fetches what is missing, keeps the cursors and
 * acknowledges what is stored. One request is under way at a time.
 */
export class LogSync {
  readonly #parts: LogSyncParts;
  readonly #replica = new LogReplica();
  readonly #acks: DeliveredAcks;
  /** Where conversations end, by what the server said; looked at again until they are reached. */
  #heads: Record<string, number> = {};
  /** Counts connections; 0 while there is none. */
  #connection = 0;
  #connections = 0;
  #inBacklog = false;
  #deviceSyncWanted = false;
  #running = false;
  #timer: Timer | undefined;

  constructor(parts: LogSyncParts) {
    this.#parts = parts;
    this.#acks = new DeliveredAcks({ clock: parts.clock, acknowledge: parts.acknowledge });
    for (const key of parts.store.keys(CURSOR)) {
      this.#replica.place(key.slice(CURSOR.length), Number(parts.store.get(key)));
    }
  }

  /** How far this device has a conversation; undefined: it was never sent anything of it. */
  cursor(conversationId: string): number | undefined {
    return this.#replica.cursor(conversationId);
  }

  ready(): void {
    this.#connection = ++this.#connections;
    this.#inBacklog = true;
    this.#deviceSyncWanted = false;
    this.#acks.begin();
  }

  /** The backlog is through. One sync follows: it brings what is no entry, and the rest of the backlog. */
  synced(): void {
    this.#inBacklog = false;
    this.#deviceSyncWanted = true;
    this.#wake();
  }

  disconnected(): void {
    this.#connection = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What came as `entry`. */
  entry(entry: Entry): void {
    this.#take(entry, this.#inBacklog);
    this.#watchGaps();
  }

  /** The acknowledgement of a send is its entry. */
  acknowledged(entry: Entry): void {
    this.#take(entry, false);
    this.#watchGaps();
  }

  heads(heads: Record<string, number>): void {
    for (const [id, head] of Object.entries(heads)) this.#heads[id] = Math.max(head, this.#heads[id] ?? 0);
    this.#wake();
  }

  /** "Drop what you hold of it, read afresh." */
  reset(reset: Reset): void {
    const { conversationId, firstSeq, lastSeq } = reset;
    this.#replica.place(conversationId, firstSeq - 1);
    this.#keepCursor(conversationId);
    this.#heads[conversationId] = lastSeq;
    this.#parts.onReset(reset);
    this.#wake();
  }

  #take(entry: Entry, contiguous: boolean): void {
    this.#applied(entry.conversationId, this.#replica.offer(entry, this.#parts.clock.now(), contiguous));
  }

  /** Even one that was here already is acknowledged: it was sent because the server does not know. */
  #applied(conversationId: string, entries: Entry[]): void {
    for (const entry of entries) this.#parts.onEntry(entry);
    const cursor = this.#replica.cursor(conversationId);
    if (cursor === undefined) return;
    if (entries.length) this.#keepCursor(conversationId);
    this.#acks.note(conversationId, cursor);
  }

  #keepCursor(conversationId: string): void {
    this.#parts.store.set(CURSOR + conversationId, String(this.#replica.cursor(conversationId)));
  }

  /** A sync found nothing more of it. */
  #settle(conversationId: string, head = 0): void {
    this.#applied(conversationId, this.#replica.settle(conversationId, head, this.#parts.clock.now()));
    this.#keepCursor(conversationId);
  }

  #watchGaps(): void {
    if (this.#replica.holding) this.#wakeAfter(holdMs);
  }

  #wakeAfter(ms: number): void {
    this.#timer ??= this.#parts.clock.after(ms, () => {
      this.#timer = undefined;
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#running || !this.#connection || this.#inBacklog) return;
    this.#running = true;
    void this.#run(this.#connection).finally(() => {
      this.#running = false;
      this.#watchGaps();
      // It came back while the last request of the connection before was ending.
      if (this.#deviceSyncWanted && !this.#timer) this.#wake();
    });
  }

  async #run(connection: number): Promise<void> {
    try {
      while (connection === this.#connection && !this.#inBacklog && (await this.#step()));
    } catch (error) {
      if (connection === this.#connection) this.#wakeAfter(asRequestError(error).retryAfterMs ?? retryMs);
    }
  }

  /** Fetches one page of what is missing; false if nothing is. */
  async #step(): Promise<boolean> {
    if (this.#deviceSyncWanted) return this.#syncDevice();
    const late = new Map([...this.#replica.behind(this.#heads), ...this.#replica.gapsSince(this.#parts.clock.now() - holdMs)]);
    this.#heads = Object.fromEntries(Object.entries(this.#heads).filter(([id]) => late.has(id)));
    if (late.size === 0) return false;
    const known = [...late].flatMap(([id, cursor]) => (cursor === undefined ? [] : [[id, cursor] as const]));
    if (known.length < late.size) this.#deviceSyncWanted = true;
    if (known.length > 0) await this.#syncConversations(new Map(known.slice(0, conversationsAtOnce)));
    return true;
  }

  /** Passing the last page's cursor says that the page is stored; so it is kept only after it was applied. */
  async #syncDevice(): Promise<boolean> {
    await this.#acks.flush();
    const { store, clock } = this.#parts;
    const asked = { at: clock.now(), heads: { ...this.#heads } };
    const page = await this.#parts.sync({ cursor: store.get(SYNC) }).catch((error: unknown) => {
      if (asRequestError(error).code === "VALIDATION") store.delete(SYNC);
      throw error;
    });
    this.#apply(page);
    store.set(SYNC, page.cursor);
    if (!page.more) this.#reachedEnd(asked);
    return true;
  }

  /** Conversations that were unknown when it was asked, and of which nothing came, have nothing to come. */
  #reachedEnd(asked: { at: number; heads: Record<string, number> }): void {
    this.#deviceSyncWanted = false;
    const open = new Map([...this.#replica.behind(asked.heads), ...this.#replica.gapsSince(asked.at)]);
    for (const [id, cursor] of open) if (cursor === undefined) this.#settle(id, asked.heads[id]);
  }

  async #syncConversations(cursors: Map<string, number>): Promise<void> {
    const page = await this.#parts.sync({ cursors: Object.fromEntries(cursors) }).catch((error: unknown) => {
      if (asRequestError(error).retryable) throw error;
      return undefined;
    });
    if (page) this.#apply(page);
    const stuck = [...cursors].filter(([id, before]) => this.#replica.cursor(id) === before);
    if (page?.more && stuck.length < cursors.size) return;
    for (const [id] of stuck) this.#settle(id, this.#heads[id]);
  }

  #apply({ entries, conversations, changes, resets }: SyncAnswer): void {
    for (const conversation of conversations) this.#parts.onConversation(conversation);
    for (const reset of resets) this.reset(reset);
    for (const entry of entries) this.#take(entry, true);
    for (const change of changes) this.#parts.onChange(change);
  }
}
