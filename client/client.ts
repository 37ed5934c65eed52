import type { Clock } from "../contracts/clock.ts";
import type { RouteAnswer, RouteName } from "../contracts/rest/index.ts";
import type { User } from "../contracts/shapes.ts";
import type { ClientAnswer, ClientEvent, ClientInput, ServerData, ServerEvent } from "../contracts/socket-events.ts";
import type { ChatClientEvents, ClientOptions } from "./client-options.ts";
import { clientClock } from "./clock.ts";
import { Api, type CallArguments, type RouteRequest } from "./connection/api.ts";
import { Connection, type ConnectionState } from "./connection/connection.ts";
import { RequestError } from "./connection/request-error.ts";
import { Session } from "./connection/session.ts";
import { TokenRenewal } from "./connection/token-renewal.ts";
import { webSocketTransport } from "./connection/websocket-transport.ts";
import { Emitter, type Listener } from "./emitter.ts";
import { LocalDevice, type LocalDeviceParts } from "./local-device.ts";
import { newId } from "./new-id.ts";
import type { OutboxItem, OutgoingSend } from "./outbox.ts";
import { type OwnStatus, PresenceWatch } from "./presence.ts";
import { memoryStore } from "./store.ts";
import { Typing } from "./typing.ts";

/** One device of one user: signs in, stays connected, sends, and hears everything once and in order. */
export class ChatClient {
  readonly #events = new Emitter<ChatClientEvents>();
  /** The time this client goes by. */
  readonly clock: Clock;
  readonly #api: Api;
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #presence: PresenceWatch;
  readonly #typing: Typing;
  readonly #renewal: TokenRenewal;
  readonly #deviceParts: LocalDeviceParts;
  #device: LocalDevice;

  constructor(options: ClientOptions) {
    const url = options.url.replace(/\/+$/, "");
    const { transport = webSocketTransport(), store = memoryStore(), clock = clientClock, ...rest } = options;
    const tools = { random: rest.random ?? Math.random, newId: rest.newId ?? newId, backoff: rest.backoff ?? usualBackoff };
    this.clock = clock;
    this.#api = new Api(url, rest.fetch ?? ((...request) => fetch(...request)));
    this.#session = new Session({ ...tools, api: this.#api, store, clock, onRefused: () => this.#signedOut("server") });
    this.#connection = new Connection({
      ...tools,
      url,
      transport,
      clock,
      tokens: this.#session,
      onState: (state) => this.#onState(state),
      onEvent: (name, data) => this.#onEvent(name, data),
    });
    const request: Connection["request"] = (event, data) => this.#connection.request(event, data);
    this.#presence = new PresenceWatch(request, (presence) => this.#events.emit("presence", presence));
    this.#typing = new Typing({
      clock,
      say: (signal) => void request("typing", signal).catch(() => undefined),
      onTyping: (signal) => this.#events.emit("typing", signal),
    });
    this.#renewal = new TokenRenewal({ clock, renewAt: () => this.#session.renewAt, renew: () => this.#renew() });
    this.#deviceParts = { ...tools, store, clock, connection: this.#connection, events: this.#events };
    this.#device = new LocalDevice(this.#session.current, this.#deviceParts);
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
    return this.#device.outbox.items;
  }

  /** Any call of the REST table as this user: `client.call("GET /users", { query: { q: "ada" } })`. */
  call<N extends RouteName>(name: N, ...[request, options]: CallArguments<N>): Promise<RouteAnswer<N>> {
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
    this.#device = new LocalDevice(this.#session.current, this.#deviceParts);
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
  async request<E extends ClientEvent>(event: E, data: ClientInput<E>): Promise<ClientAnswer<E>> {
    const answer = await this.#connection.request(event, data);
    this.#fetchOwn(answer);
    return answer;
  }

  /** Takes a message to be sent, now or when there is a connection. It is kept when this returns. */
  send(message: OutgoingSend): OutboxItem {
    this.#mustBeSignedIn();
    return this.#device.outbox.send(message);
  }

  /** Tries a failed message again. */
  retry(clientMsgId: string): void {
    this.#device.outbox.retry(clientMsgId);
  }

  /** Forgets a failed message. */
  discard(clientMsgId: string): void {
    this.#device.outbox.discard(clientMsgId);
  }

  /** Deletes a message for this user alone. It is heard of as a `change`, here as on the user's other devices. */
  async hide(id: string): Promise<void> {
    const { conversationId, seq } = await this.request("message:delete", { id, for: "me" });
    this.#events.emit("change", { op: "hidden", conversationId, id, seq });
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
    return this.#device.log.cursor(conversationId);
  }

  #mustBeSignedIn(): void {
    if (!this.#session.current) throw new RequestError("UNAUTHENTICATED", "nobody is signed in");
  }

  #onState(state: ConnectionState): void {
    if (state.state === "online") this.#renewal.start();
    else {
      this.#renewal.stop();
      this.#device.log.disconnected();
      this.#device.outbox.disconnected();
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
      this.#device.frameBytes = ready.limits.frameBytes;
      this.#device.log.ready();
      this.#device.outbox.connected();
      void this.#presence.connected();
      this.#events.emit("ready", ready);
    },
    entry: (entry) => this.#device.log.entry(entry),
    synced: () => this.#device.log.synced(),
    heads: (heads) => this.#device.log.heads(heads),
    reset: (reset) => this.#device.log.reset(reset),
    receipt: (receipt) => this.#events.emit("receipt", receipt),
    typing: (signal) => this.#typing.heard(signal),
    presence: (presence) => this.#events.emit("presence", presence),
    conversation: (conversation) => this.#events.emit("conversation", conversation),
    change: (change) => this.#events.emit("change", change),
    session: ({ op }) => {
      if (op === "expiring") void this.#renewal.now();
    },
  };

  /** What this socket itself has put into a log is not sent to it: the answer says where it is. */
  #fetchOwn(answer: object): void {
    const { conversationId, seq }: { conversationId?: unknown; seq?: unknown } = answer;
    if (typeof conversationId === "string" && typeof seq === "number") this.#device.log.heads({ [conversationId]: seq });
  }

  async #renew(): Promise<void> {
    const token = await this.#session.accessToken();
    await this.#connection.request("auth:refresh", { token });
  }

  /** What is unsent is kept for the user's return if it was the server that ended this device. */
  #signedOut(by: "user" | "server"): void {
    if (!this.#session.current) return;
    this.#device.forget({ unsent: by === "user" });
    this.#session.end();
    this.#typing.close();
    if (this.#connection.state.state !== "stopped") this.#connection.close();
    this.#device = new LocalDevice(undefined, this.#deviceParts);
    this.#events.emit("signedOut", { by });
  }
}

const usualBackoff = { firstMs: 500, mostMs: 30_000 };

/** A client for one device. It connects to nothing until it is told to. */
export const createClient = (options: ClientOptions): ChatClient => new ChatClient(options);
