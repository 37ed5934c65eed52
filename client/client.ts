import type { Clock, Timer } from "../contracts/clock.ts";
import type { RouteAnswer, RouteName } from "../contracts/rest/index.ts";
import type { User } from "../contracts/shapes.ts";
import type { ClientAnswer, ClientEvent, ClientInput, ServerData, ServerEvent } from "../contracts/socket-events.ts";
import { Api, type CallOptions, type RouteRequest } from "./api.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { ChatClientEvents, ClientOptions } from "./client-options.ts";
import { clientClock } from "./clock.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Emitter, type Listener } from "./emitter.ts";
import { LogSync } from "./log-sync.ts";
import { Outbox, type OutboxItem, type OutgoingSend, type SendRequest } from "./outbox.ts";
import { type OwnStatus, PresenceWatch } from "./presence.ts";
import { RequestError } from "./request-error.ts";
import { Session } from "./session.ts";
import { type KeyValueStore, memoryStore, within } from "./store.ts";
import { Typing } from "./typing.ts";
import { webSocketTransport } from "./websocket-transport.ts";

/** One device of one user: signs in, stays connected, sends, and hears everything once and in order. */
export class ChatClient {
  readonly #events = new Emitter<ChatClientEvents>();
  readonly #store: KeyValueStore;
  readonly #clock: Clock;
  readonly #api: Api;
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #presence: PresenceWatch;
  readonly #typing: Typing;
  readonly #tools: { random(): number; newId(): string; backoff: BackoffOptions };
  #log: LogSync;
  #outbox: Outbox;
  #frameBytes = Number.POSITIVE_INFINITY;
  #renewal: Timer | undefined;

  constructor(options: ClientOptions) {
    const url = options.url.replace(/\/+$/, "");
    this.#store = options.store ?? memoryStore();
    this.#clock = options.clock ?? clientClock;
    this.#tools = {
      random: options.random ?? Math.random,
      newId: options.newId ?? newId,
      backoff: options.backoff ?? { firstMs: 500, mostMs: 30_000 },
    };
    this.#api = new Api(url, options.fetch ?? ((...request) => fetch(...request)));
    this.#session = new Session({
      api: this.#api,
      store: this.#store,
      clock: this.#clock,
      newId: this.#tools.newId,
      onRefused: () => this.#signedOut("server"),
    });
    this.#connection = new Connection({
      ...this.#tools,
      url,
      transport: options.transport ?? webSocketTransport(),
      tokens: this.#session,
      clock: this.#clock,
      onState: (state) => this.#onState(state),
      onEvent: (name, data) => this.#onEvent(name, data),
    });
    const request: Connection["request"] = (event, data) => this.#connection.request(event, data);
    this.#presence = new PresenceWatch(request, (presence) => this.#events.emit("presence", presence));
    this.#typing = new Typing({
      clock: this.#clock,
      say: (signal) => void request("typing", signal).catch(() => undefined),
      onTyping: (signal) => this.#events.emit("typing", signal),
    });
    this.#log = this.#newLog();
    this.#outbox = this.#newOutbox();
  }

  /** Returns what takes the listener away again. */
  on<E extends keyof ChatClientEvents>(event: E, listener: Listener<ChatClientEvents[E]>): () => void {
    return this.#events.on(event, listener);
  }

  /** Who is signed in here. */
  get user(): User | undefined {
    return this.#session.current?.user;
  }

  get deviceId(): string | undefined {
    return this.#session.current?.deviceId;
  }

  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** One's own messages that the server does not have yet, oldest first. */
  get outbox(): OutboxItem[] {
    return this.#outbox.items;
  }

  /** Any call of the REST table as this user: `client.call("GET /users", { query: { q: "ada" } })`. */
  call<N extends RouteName>(name: N, request: RouteRequest<N>, options?: CallOptions): Promise<RouteAnswer<N>> {
    return this.#api.call(name, request, this.#session, options);
  }

  register(body: RouteRequest<"POST /auth/register">["body"]): Promise<RouteAnswer<"POST /auth/register">> {
    return this.#api.call("POST /auth/register", { body });
  }

  /** Signs in as a new device, in place of whoever was signed in here. */
  async login(login: string, password: string, device?: { name?: string; platform?: string }): Promise<User> {
    const answer = await this.#api.call("POST /auth/login", { body: { login, password, device } });
    if (this.#session.current) await this.logout();
    this.#session.begin(answer);
    this.#log = this.#newLog();
    this.#outbox = this.#newOutbox();
    return answer.user;
  }

  /** Ends this device: its tokens, cursors and unsent messages are gone. If the server cannot be reached, its session just ages. */
  async logout(): Promise<void> {
    if (!this.#session.current) return;
    await this.call("POST /auth/logout", {}).catch(() => undefined);
    this.#signedOut("user");
  }

  /** Connects, and stays connected until `close`. Call it again to cut a waiting time short, or after "replaced". */
  connect(): void {
    this.#mustBeSignedIn();
    this.#connection.open();
  }

  /** Gives the connection up for a new one: when the network has changed under it. */
  reconnect(): void {
    this.#connection.restart();
  }

  /** Ends the connection. What is unsent stays for the next time. */
  close(): void {
    this.#connection.close();
    this.#typing.close();
  }

  /** A request over the socket as it is, for what has no method here: `client.request("message:react", …)`. */
  request<E extends ClientEvent>(event: E, data: ClientInput<E>): Promise<ClientAnswer<E>> {
    return this.#connection.request(event, data);
  }

  /** Takes a message to be sent, now or when there is a connection. It is kept when this returns. */
  send(message: OutgoingSend): OutboxItem {
    this.#mustBeSignedIn();
    return this.#outbox.send(message);
  }

  /** Tries a failed message again. */
  retry(clientMsgId: string): void {
    this.#outbox.retry(clientMsgId);
  }

  /** Forgets a failed message. */
  discard(clientMsgId: string): void {
    this.#outbox.discard(clientMsgId);
  }

  /** "I have read everything up to `seq`." */
  async read(conversationId: string, seq: number): Promise<void> {
    await this.#connection.request("receipt:read", { conversationId, seq });
  }

  /** May be called at every key with "start". */
  typing(conversationId: string, state: "start" | "stop"): void {
    this.#typing[state](conversationId);
  }

  setStatus(status: OwnStatus): Promise<void> {
    return this.#presence.set(status);
  }

  /** Tells of these users by `presence`, beginning with how they are now; over reconnects too. */
  watchPresence(userIds: string[]): Promise<void> {
    return this.#presence.watch(userIds);
  }

  unwatchPresence(userIds: string[]): Promise<void> {
    return this.#presence.unwatch(userIds);
  }

  /** How far this device has a conversation. */
  cursor(conversationId: string): number | undefined {
    return this.#log.cursor(conversationId);
  }

  #mustBeSignedIn(): void {
    if (!this.#session.current) throw new RequestError("UNAUTHENTICATED", "nobody is signed in");
  }

  /** Cursors are a device's; what a user has not sent yet outlives the device, if the server ends it. */
  #logStore(): KeyValueStore {
    return within(this.#store, `device/${this.deviceId}/`);
  }

  #outboxStore(): KeyValueStore {
    return within(this.#store, `user/${this.user?.id}/`);
  }

  #newLog(): LogSync {
    return new LogSync({
      store: this.#logStore(),
      clock: this.#clock,
      sync: (request) => this.#connection.request("sync", request),
      acknowledge: (upTo) => this.#connection.request("receipt:delivered", upTo),
      onEntry: (entry) => {
        this.#events.emit("entry", entry);
        if (entry.kind === "message") this.#events.emit("message", entry);
      },
      onConversation: (conversation) => this.#events.emit("conversation", conversation),
      onChange: (change) => this.#events.emit("change", change),
      onReset: (reset) => this.#events.emit("reset", reset),
    });
  }

  #newOutbox(): Outbox {
    return new Outbox({
      ...this.#tools,
      store: this.#outboxStore(),
      clock: this.#clock,
      deliver: (request) => this.#deliver(request),
      onSilent: () => this.#connection.restart(),
      onChange: (change) => {
        if (change.state === "sent") this.#log.acknowledged(change.entry);
        this.#events.emit("outbox", change);
      },
    });
  }

  /** What no frame can carry would only cost the connection. */
  async #deliver(request: SendRequest) {
    const bytes = new TextEncoder().encode(JSON.stringify(request)).length;
    if (bytes + frameOverhead > this.#frameBytes) throw new RequestError("PAYLOAD_TOO_LARGE", "the message is too large");
    return this.#connection.request("message:send", request);
  }

  #onState(state: ConnectionState): void {
    this.#renewal?.cancel();
    if (state.state === "online") this.#renewInTime();
    else {
      this.#log.disconnected();
      this.#outbox.disconnected();
    }
    this.#events.emit("connection", state);
    if (state.state === "stopped" && state.reason === "signedOut") this.#signedOut("server");
  }

  #onEvent<E extends ServerEvent>(name: E, data: ServerData<E>): void {
    const handlers = this.#handlers as Record<string, ((data: ServerData<E>) => void) | undefined>;
    handlers[name]?.(data);
  }

  readonly #handlers: { [E in ServerEvent]: (data: ServerData<E>) => void } = {
    ready: (ready) => {
      this.#frameBytes = ready.limits.frameBytes;
      this.#log.ready();
      this.#outbox.connected();
      void this.#presence.connected();
      this.#events.emit("ready", ready);
    },
    entry: (entry) => this.#log.entry(entry),
    synced: () => this.#log.synced(),
    heads: (heads) => this.#log.heads(heads),
    reset: (reset) => this.#log.reset(reset),
    receipt: (receipt) => this.#events.emit("receipt", receipt),
    typing: (signal) => this.#typing.heard(signal),
    presence: (presence) => this.#events.emit("presence", presence),
    conversation: (conversation) => this.#events.emit("conversation", conversation),
    change: (change) => this.#events.emit("change", change),
    session: ({ op }) => {
      if (op === "expiring") void this.#renew();
    },
  };

  #renewInTime(): void {
    const ms = Math.min(Math.max(0, this.#session.renewAt - this.#clock.now()), longestTimerMs);
    this.#renewal = this.#clock.after(ms, () => void this.#renew());
  }

  /** Puts a new token in place of the one that runs out. If that fails, the server closes and the way back renews it. */
  async #renew(): Promise<void> {
    this.#renewal?.cancel();
    try {
      const token = await this.#session.accessToken();
      await this.#connection.request("auth:refresh", { token });
      this.#renewInTime();
    } catch {
      if (this.#connection.state.state === "online") this.#renewal = this.#clock.after(renewAgainMs, () => void this.#renew());
    }
  }

  #signedOut(by: "user" | "server"): void {
    if (!this.#session.current) return;
    clear(this.#logStore());
    if (by === "user") clear(this.#outboxStore());
    this.#session.end();
    this.#typing.close();
    if (this.#connection.state.state !== "stopped") this.#connection.close();
    this.#log = this.#newLog();
    this.#outbox = this.#newOutbox();
    this.#events.emit("signedOut", { by });
  }
}

function clear(store: KeyValueStore): void {
  for (const key of store.keys("")) store.delete(key);
}

const frameOverhead = 128;
const renewAgainMs = 5_000;
/** What a browser's timer can count. */
const longestTimerMs = 2 ** 31 - 1;

/** Random enough for a clientMsgId; unlike `crypto.randomUUID` it is there on plain HTTP too. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const createClient = (options: ClientOptions): ChatClient => new ChatClient(options);
