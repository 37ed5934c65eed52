import type { Clock, Timer } from "../contracts/clock.ts";
import type { MessageEntry } from "../contracts/entry.ts";
import type { ClientInput, SendAnswer } from "../contracts/socket-events.ts";
import { type BackoffOptions, backoff } from "./connection/backoff.ts";
import { asRequestError, RequestError, type RequestErrorCode } from "./connection/request-error.ts";
import { type KeyValueStore, readJson } from "./store.ts";

export type SendRequest = ClientInput<"message:send">;
/** What is said, to a conversation or to a user whose direct conversation it begins. */
export type OutgoingSend = Omit<SendRequest, "clientMsgId"> & { clientMsgId?: string };

/** A message on its way. */
export interface OutboxItem {
  clientMsgId: string;
  request: SendRequest;
  /** By this client's clock, for showing it before the server has numbered it. */
  createdAt: string;
  /** Its place among all that was ever sent from here. */
  order: number;
  /** Why the server will not take it. It stays until `retry` or `discard`. */
  failure?: { code: RequestErrorCode; message: string };
}

export type OutboxChange =
  | { state: "pending"; item: OutboxItem }
  | { state: "sent"; item: OutboxItem; entry: MessageEntry }
  | { state: "failed"; item: OutboxItem }
  | { state: "discarded"; item: OutboxItem };

export interface OutboxParts {
  store: KeyValueStore;
  clock: Clock;
  random(): number;
  newId(): string;
  backoff: BackoffOptions;
  /** Asks once; rejects with a RequestError. */
  deliver(request: SendRequest): Promise<SendAnswer>;
  onChange(change: OutboxChange): void;
  /** The server is connected and does not answer. */
  onSilent(): void;
}

const OUTBOX = "outbox/";
const most = 1_000;
const retriesUnanswered = 3;

/**
 * Messages until the server has them. Each is kept before `send` returns and goes under one `clientMsgId` however
 * often it is tried; of each conversation one is under way at a time, so that none overtakes another.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  /** In the order they were sent. */
  #items = new Map<string, OutboxItem>();
  #busy = new Set<string>();
  /** Direct conversations that a send `to` a user has made known. */
  #directWith = new Map<string, string>();
  #pauses = new Set<{ timer: Timer; end(): void }>();
  /** Counts connections; undefined while there is none. */
  #connection: number | undefined;
  #connections = 0;
  #nextOrder = 1;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    const kept = parts.store.keys(OUTBOX).flatMap((key) => readJson<OutboxItem>(parts.store, key) ?? []);
    for (const item of kept.sort((a, b) => a.order - b.order)) this.#items.set(item.clientMsgId, item);
    this.#nextOrder = (kept.at(-1)?.order ?? 0) + 1;
  }

  /** What is not yet with the server, oldest first. */
  get items(): OutboxItem[] {
    return [...this.#items.values()];
  }

  send({ clientMsgId = this.#parts.newId(), ...message }: OutgoingSend): OutboxItem {
    const known = this.#items.get(clientMsgId);
    if (known) return known;
    if (this.#items.size >= most) throw new RequestError("OVERLOADED", `${most} messages are waiting already`);
    const createdAt = new Date(this.#parts.clock.now()).toISOString();
    const item = { clientMsgId, request: { ...message, clientMsgId }, createdAt, order: this.#nextOrder++ };
    this.#keep(item);
    this.#parts.onChange({ state: "pending", item });
    this.#pump();
    return item;
  }

  /** Tries a failed one again, after all that is waiting. */
  retry(clientMsgId: string): void {
    const failed = this.#items.get(clientMsgId);
    if (!failed?.failure) return;
    const { failure: _, ...item } = failed;
    this.#items.delete(clientMsgId);
    this.#keep({ ...item, order: this.#nextOrder++ });
    this.#parts.onChange({ state: "pending", item });
    this.#pump();
  }

  /** Forgets one that failed. */
  discard(clientMsgId: string): void {
    const item = this.#items.get(clientMsgId);
    if (!item?.failure) return;
    this.#forget(item);
    this.#parts.onChange({ state: "discarded", item });
  }

  connected(): void {
    this.#connection = ++this.#connections;
    this.#pump();
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#busy.clear();
    for (const pause of [...this.#pauses]) pause.end();
  }

  /** Starts the first of each conversation. */
  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const seen = new Set<string>();
    for (const item of this.items) {
      const lane = this.#lane(item);
      if (item.failure || seen.has(lane)) continue;
      seen.add(lane);
      if (!this.#busy.has(item.clientMsgId)) void this.#work(item, connection);
    }
  }

  #lane({ request: { conversationId, to = "" } }: OutboxItem): string {
    return conversationId ?? this.#directWith.get(to) ?? `to ${to}`;
  }

  async #work(item: OutboxItem, connection: number): Promise<void> {
    this.#busy.add(item.clientMsgId);
    const done = await this.#tryUntilAnswered(item, connection);
    if (connection !== this.#connection) return;
    this.#busy.delete(item.clientMsgId);
    if (done) this.#pump();
    else this.#parts.onSilent();
  }

  /** True when the server has decided about it; false when this connection will not tell. */
  async #tryUntilAnswered(item: OutboxItem, connection: number): Promise<boolean> {
    for (let unanswered = 0, refused = 0; connection === this.#connection; ) {
      try {
        this.#sent(item, await this.#parts.deliver(item.request));
        return true;
      } catch (thrown) {
        const error = asRequestError(thrown);
        if (error.code === "TIMEOUT" && unanswered++ < retriesUnanswered) continue;
        if (hopeless.has(error.code)) return false;
        if (!error.retryable) return this.#failed(item, error);
        await this.#pause(error.retryAfterMs ?? backoff(refused++, this.#parts.backoff, this.#parts.random));
      }
    }
    return false;
  }

  #sent(item: OutboxItem, { duplicate: _, ...entry }: SendAnswer): void {
    if (item.request.to !== undefined) this.#directWith.set(item.request.to, entry.conversationId);
    this.#forget(item);
    this.#parts.onChange({ state: "sent", item, entry });
  }

  #failed(item: OutboxItem, { code, message }: RequestError): true {
    const failed = { ...item, failure: { code, message } };
    this.#keep(failed);
    this.#parts.onChange({ state: "failed", item: failed });
    return true;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        pause.timer.cancel();
        this.#pauses.delete(pause);
        resolve();
      };
      const pause = { timer: this.#parts.clock.after(ms, end), end };
      this.#pauses.add(pause);
    });
  }

  #keep(item: OutboxItem): void {
    // First, for a store may be full and refuse it.
    this.#parts.store.set(OUTBOX + item.clientMsgId, JSON.stringify(item));
    this.#items.set(item.clientMsgId, item);
  }

  #forget({ clientMsgId }: OutboxItem): void {
    this.#items.delete(clientMsgId);
    this.#parts.store.delete(OUTBOX + clientMsgId);
  }
}

/** Nothing more can come of trying on this connection. */
const hopeless: ReadonlySet<RequestErrorCode> = new Set(["TIMEOUT", "DISCONNECTED", "UNAUTHENTICATED", "TOKEN_EXPIRED"]);
