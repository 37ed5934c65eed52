import type { Clock, Timer } from "../../contracts/clock.ts";
import type { ClientAnswer, ClientEvent, ClientInput, ServerData, ServerEvent } from "../../contracts/socket-events.ts";
import type { TokenSource } from "./api.ts";
import { type BackoffOptions, backoff } from "./backoff.ts";
import { type Ending, endingOf } from "./endings.ts";
import { asRequestError, RequestError } from "./request-error.ts";
import type { Answer, Link, Transport } from "./transport.ts";

export type ConnectionState =
  | { state: "closed" }
  | { state: "connecting" }
  | { state: "online" }
  /** Tries again at `retryAt`, by the client's clock. */
  | { state: "waiting"; retryAt: number }
  /** Does not try again by itself: this device was signed out, or another socket of this user took its place. */
  | { state: "stopped"; reason: "signedOut" | "replaced" };

export interface ConnectionParts {
  url: string;
  transport: Transport;
  tokens: TokenSource;
  clock: Clock;
  random(): number;
  backoff: BackoffOptions;
  onState(state: ConnectionState): void;
  /** Every event of the server, in the order it came. The first of each connection is `ready`. */
  onEvent<E extends ServerEvent>(name: E, data: ServerData<E>): void;
}

interface Waiting {
  settle(answer: Answer): void;
}

const readyTimeoutMs = 10_000;
const answerTimeoutMs = 5_000;
/** A connection that held so long was a good one: the next wait starts small again. */
const steadyMs = 10_000;

/** Keeps one link to the server alive, for as long as it is wanted: opens, watches, waits, opens again. */
export class Connection {
  readonly #parts: ConnectionParts;
  #state: ConnectionState = { state: "closed" };
  #link: Link | undefined;
  /** Counts links, so that what a former one reports late is known as such. */
  #generation = 0;
  #lastRequest = 0;
  #waiting = new Map<string, Waiting>();
  #timer: Timer | undefined;
  #drain: Timer | undefined;
  #attempt = 0;
  #onlineSince = 0;
  #lastFrameAt = 0;
  #drainUntil: number | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Opens it, or cuts a waiting time short. */
  open(): void {
    const { state } = this.#state;
    if (state === "online" || state === "connecting") return;
    void this.#open();
  }

  /** Ends it; it stays so until it is opened. */
  close(): void {
    this.#leave({ state: "closed" });
  }

  /** Gives the link up, as one that no longer answers, and makes another. */
  restart(): void {
    if (this.#state.state === "online") this.#lost({ next: "retry" });
  }

  /** Rejects with a RequestError; TIMEOUT and DISCONNECTED leave open whether the server did it. */
  request<E extends ClientEvent>(event: E, data: ClientInput<E>, timeoutMs = answerTimeoutMs): Promise<ClientAnswer<E>> {
    const link = this.#link;
    if (!link || this.#state.state !== "online") return Promise.reject(disconnected());
    return new Promise((resolve, reject) => {
      const id = String(++this.#lastRequest);
      const settle = (answer: Answer) => {
        timer.cancel();
        this.#waiting.delete(id);
        if (answer.ok) resolve(answer.data as ClientAnswer<E>);
        else reject(new RequestError(answer.error.code, answer.error.message, answer.error));
      };
      const timer = this.#parts.clock.after(timeoutMs, () => settle(failed("TIMEOUT", `no answer to ${event}`)));
      this.#waiting.set(id, { settle });
      link.request(id, event, data);
    });
  }

  async #open(freshToken = false): Promise<void> {
    const generation = this.#begin({ state: "connecting" });
    const mine = () => generation === this.#generation;
    try {
      const token = await this.#parts.tokens.accessToken({ fresh: freshToken });
      if (!mine()) return;
      this.#timer = this.#parts.clock.after(readyTimeoutMs, () => this.#lost({ next: "retry" }));
      this.#link = this.#parts.transport.open(this.#parts.url, token, {
        event: (name, data) => mine() && this.#event(name, data),
        answer: (id, answer) => mine() && this.#answered(id, answer),
        closed: (code) => mine() && this.#lost(endingOf(code)),
      });
    } catch (error) {
      if (mine()) this.#lost(asRequestError(error).refused ? { next: "stop", reason: "signedOut" } : { next: "retry" });
    }
  }

  #event(name: string, data: unknown): void {
    this.#lastFrameAt = this.#parts.clock.now();
    if (name === "ready") this.#ready(data as ServerData<"ready">);
    if (name === "session") this.#session(data as ServerData<"session">);
    // The server validated it; a name this client does not know finds no listener.
    this.#parts.onEvent(name as ServerEvent, data as ServerData<ServerEvent>);
  }

  #ready({ heartbeatMs }: ServerData<"ready">): void {
    this.#onlineSince = this.#parts.clock.now();
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.every(heartbeatMs / 2, () => this.#watch(heartbeatMs * 2));
    this.#become({ state: "online" });
  }

  #session({ op, reconnectAfterMs = 0 }: ServerData<"session">): void {
    if (op === "revoked") this.#lost({ next: "stop", reason: "signedOut" });
    if (op !== "draining") return;
    this.#drainUntil = this.#parts.clock.now() + reconnectAfterMs;
    this.#drain ??= this.#parts.clock.after(reconnectAfterMs, () => this.#lost({ next: "retry" }));
  }

  #answered(id: string, answer: Answer): void {
    this.#lastFrameAt = this.#parts.clock.now();
    this.#waiting.get(id)?.settle(answer);
  }

  #watch(silenceMs: number): void {
    if (this.#parts.clock.now() - this.#lastFrameAt >= silenceMs) this.#lost({ next: "retry" });
  }

  #lost(ending: Ending): void {
    if (ending.next === "stop") return void this.#leave({ state: "stopped", reason: ending.reason });
    const now = this.#parts.clock.now();
    if (this.#state.state === "online" && now - this.#onlineSince >= steadyMs) this.#attempt = 0;
    const waitMs = this.#drainUntil === undefined ? this.#nextBackoff() : Math.max(0, this.#drainUntil - now);
    const generation = this.#begin({ state: "waiting", retryAt: now + waitMs });
    if (generation !== this.#generation) return;
    this.#timer = this.#parts.clock.after(waitMs, () => void this.#open(ending.next === "refresh"));
  }

  #nextBackoff(): number {
    return backoff(this.#attempt++, this.#parts.backoff, this.#parts.random);
  }

  #leave(state: ConnectionState): void {
    this.#attempt = 0;
    this.#begin(state);
  }

  /** The link of before, its timers and its unanswered requests end here. */
  #begin(state: ConnectionState): number {
    const generation = ++this.#generation;
    this.#timer?.cancel();
    this.#drain?.cancel();
    this.#drain = undefined;
    if (state.state === "connecting") this.#drainUntil = undefined;
    this.#link?.close();
    this.#link = undefined;
    const cut = [...this.#waiting.values()];
    this.#become(state);
    for (const { settle } of cut) settle(failed("DISCONNECTED", "the connection was lost"));
    return generation;
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#parts.onState(state);
  }
}

const disconnected = () => new RequestError("DISCONNECTED", "there is no connection");
const failed = (code: "TIMEOUT" | "DISCONNECTED", message: string): Answer => ({ ok: false, error: { code, message } });
