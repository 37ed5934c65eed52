import type { Clock } from "../contracts/clock.ts";
import type { ChatClientEvents } from "./client-options.ts";
import type { BackoffOptions } from "./connection/backoff.ts";
import type { Connection } from "./connection/connection.ts";
import { RequestError } from "./connection/request-error.ts";
import type { StoredSession } from "./connection/session.ts";
import type { Emitter } from "./emitter.ts";
import { LogSync } from "./log/log-sync.ts";
import { Outbox, type SendRequest } from "./outbox.ts";
import { type KeyValueStore, within } from "./store.ts";

export interface LocalDeviceParts {
  store: KeyValueStore;
  clock: Clock;
  random(): number;
  newId(): string;
  backoff: BackoffOptions;
  connection: Pick<Connection, "request" | "restart">;
  events: Emitter<ChatClientEvents>;
}

/** Bytes of a frame beside its data. */
const frameOverhead = 128;

/** What this device has and has not: its place in each log, and what its user has not sent yet. */
export class LocalDevice {
  readonly log: LogSync;
  readonly outbox: Outbox;
  readonly #parts: LocalDeviceParts;
  readonly #logStore: KeyValueStore;
  readonly #outboxStore: KeyValueStore;
  /** The largest frame that the server takes. */
  frameBytes = Number.POSITIVE_INFINITY;

  constructor(owner: StoredSession | undefined, parts: LocalDeviceParts) {
    this.#parts = parts;
    this.#logStore = within(parts.store, `device/${owner?.deviceId}/`);
    this.#outboxStore = within(parts.store, `user/${owner?.user.id}/`);
    this.log = this.#newLog();
    this.outbox = this.#newOutbox();
  }

  /** Forgets its places; what is unsent too, unless its user may come back for it. */
  forget({ unsent }: { unsent: boolean }): void {
    clear(this.#logStore);
    if (unsent) clear(this.#outboxStore);
  }

  #newLog(): LogSync {
    const { clock, connection, events } = this.#parts;
    return new LogSync({
      store: this.#logStore,
      clock,
      sync: (request) => connection.request("sync", request),
      acknowledge: (upTo) => connection.request("receipt:delivered", upTo),
      onEntry: (entry) => {
        events.emit("entry", entry);
        if (entry.kind === "message") events.emit("message", entry);
      },
      onConversation: (conversation) => events.emit("conversation", conversation),
      onChange: (change) => events.emit("change", change),
      onReset: (reset) => events.emit("reset", reset),
    });
  }

  #newOutbox(): Outbox {
    const { connection, events } = this.#parts;
    return new Outbox({
      ...this.#parts,
      store: this.#outboxStore,
      deliver: (request) => this.#deliver(request),
      onSilent: () => connection.restart(),
      onChange: (change) => {
        if (change.state === "sent") this.log.acknowledged(change.entry);
        events.emit("outbox", change);
      },
    });
  }

  /** What no frame can carry would only cost the connection. */
  async #deliver(request: SendRequest) {
    const bytes = new TextEncoder().encode(JSON.stringify(request)).length + frameOverhead;
    if (bytes > this.frameBytes) throw new RequestError("PAYLOAD_TOO_LARGE", "the message is too large");
    return this.#parts.connection.request("message:send", request);
  }
}

function clear(store: KeyValueStore): void {
  for (const key of store.keys("")) store.delete(key);
}
