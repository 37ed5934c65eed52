import type { Timer } from "../../contracts/clock.ts";
import type { CurrentMessage, Entry } from "../../contracts/entry.ts";
import type { ChatClient } from "../client.ts";
import { longestTimerMs } from "../clock.ts";
import {
  type ConversationState,
  fromHistory,
  type HistoryPage,
  messagesOf,
  type Notice,
  withEntry,
  withExpiry,
  withHidden,
  withNotices,
  withOlder,
  withReceipt,
} from "./conversation-state.ts";

const pageLimit = 50;
const attempts = 3;
const entriesLimit = 200;
/** How many entries back from a page's end notices are looked for. */
const noticesReach = 2_000;

export interface TimelineOptions {
  /** Reads the notices between the messages too. Only the logs of groups have any. */
  notices?: boolean;
}

/** One open conversation: its newest messages as they are now, kept up with what happens. */
export class Timeline {
  readonly conversationId: string;
  readonly #client: ChatClient;
  readonly #onChange: () => void;
  readonly #stop: (() => void)[];
  readonly #withNotices: boolean;
  #state: ConversationState | undefined;
  /** What came while the first page is being read. */
  #early: Entry[] | undefined;
  #expiry: Timer | undefined;

  constructor(client: ChatClient, conversationId: string, onChange: () => void, options: TimelineOptions = {}) {
    this.#client = client;
    this.#withNotices = options.notices ?? false;
    this.conversationId = conversationId;
    this.#onChange = onChange;
    this.#stop = [
      client.on("entry", (entry) => entry.conversationId === conversationId && this.#entry(entry)),
      client.on("receipt", (receipt) => this.#update(receipt.conversationId, (state) => withReceipt(state, receipt))),
      client.on("reset", (reset) => reset.conversationId === conversationId && void this.open()),
      client.on("change", (change) => {
        if (change.op === "hidden") this.#update(change.conversationId, (state) => withHidden(state, change.id));
      }),
    ];
  }

  get messages(): CurrentMessage[] {
    return this.#state ? messagesOf(this.#state) : [];
  }

  /** What happened in the group between these messages. */
  get notices(): readonly Notice[] {
    return this.#state?.notices ?? [];
  }

  get hasMoreBefore(): boolean {
    return this.#state?.hasMoreBefore ?? false;
  }

  get state(): ConversationState | undefined {
    return this.#state;
  }

  /** Reads the newest messages. */
  async open(): Promise<void> {
    const early: Entry[] = [];
    this.#early = early;
    this.#state = undefined;
    const page = await this.#page({});
    const notices = await this.#noticesOf(page, page.asOf);
    // A later call reads them again.
    if (this.#early !== early) return;
    this.#early = undefined;
    const state = fromHistory(this.conversationId, this.#client.user?.id ?? "", page);
    this.#become(early.reduce(withEntry, withNotices(state, notices)));
  }

  /** Reads the messages before the first one here. */
  async older(): Promise<void> {
    for (let attempt = 0; attempt < attempts && this.hasMoreBefore; attempt++) {
      const before = this.messages[0]?.seq;
      if (before === undefined) return;
      const page = await this.#page({ before });
      const notices = await this.#noticesOf(page, before - 1);
      // A reset, or another call, may have changed what is here.
      if (!this.#state || this.messages[0]?.seq !== before) return;
      const state = withOlder(this.#state, page);
      if (state) return this.#become(withNotices(state, notices));
    }
  }

  /** Hears no more. */
  close(): void {
    for (const stop of this.#stop) stop();
    this.#expiry?.cancel();
  }

  #entry(entry: Entry): void {
    this.#early?.push(entry);
    this.#update(this.conversationId, (state) => withEntry(state, entry));
  }

  #update(conversationId: string, change: (state: ConversationState) => ConversationState): void {
    if (conversationId !== this.conversationId || !this.#state) return;
    const after = change(this.#state);
    if (after !== this.#state) this.#become(after);
  }

  #become(state: ConversationState): void {
    this.#state = state;
    this.#watchExpiry(state);
    this.#onChange();
  }

  /** No entry says that a message has expired. */
  #watchExpiry(state: ConversationState): void {
    const { clock } = this.#client;
    this.#expiry?.cancel();
    this.#expiry = undefined;
    const times = messagesOf(state).flatMap(({ expiresAt, deletedAt }) =>
      expiresAt && !deletedAt ? [Date.parse(expiresAt)] : [],
    );
    if (times.length === 0) return;
    const ms = Math.min(Math.max(0, Math.min(...times) - clock.now()), longestTimerMs);
    this.#expiry = clock.after(ms, () => this.#expire());
  }

  /** The entries from the first message of the page (or the log's beginning) to `through`, in which its notices are. */
  async #noticesOf({ items, hasMoreBefore }: HistoryPage, through: number): Promise<Entry[]> {
    if (!this.#withNotices) return [];
    const entries: Entry[] = [];
    let after = Math.max((hasMoreBefore && items[0]?.seq) || 0, through - noticesReach);
    while (after < through) {
      const page = await this.#client.call("GET /conversations/:id/entries", {
        params: { id: this.conversationId },
        query: { after, limit: Math.min(entriesLimit, through - after) },
      });
      const last = page.items.at(-1);
      if (!last) break;
      entries.push(...page.items);
      after = last.kind === "hidden" ? last.through : last.seq;
    }
    return entries;
  }

  /** A timer may go off a moment before its time: then it is set again. */
  #expire(): void {
    const now = new Date(this.#client.clock.now()).toISOString();
    if (this.#state) this.#become(withExpiry(this.#state, now));
  }

  #page(query: { before?: number }): Promise<HistoryPage> {
    return this.#client.call("GET /conversations/:id/messages", {
      params: { id: this.conversationId },
      query: { limit: pageLimit, ...query },
    });
  }
}
