import type { Clock } from "../../contracts/clock.ts";
import type { User } from "../../contracts/shapes.ts";
import { type KeyValueStore, readJson } from "../store.ts";
import type { Api, TokenSource } from "./api.ts";
import { RequestError } from "./request-error.ts";

interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Seconds the access token lives. */
  expiresIn: number;
}

/** Who is signed in here, as it is kept. */
export interface StoredSession extends Tokens {
  user: User;
  deviceId: string;
  /** By this client's clock. */
  expiresAt: number;
  /** Of a refresh that was asked for and not answered yet: asking again with it gets the same pair. */
  requestId?: string;
}

interface SessionParts {
  api: Api;
  store: KeyValueStore;
  clock: Clock;
  newId(): string;
  /** The server takes the tokens no more. */
  onRefused(): void;
}

const KEY = "session";

/** The tokens of this device: kept, and renewed in time. Only one refresh is ever under way, for each spends a token. */
export class Session implements TokenSource {
  readonly #parts: SessionParts;
  #stored: StoredSession | undefined;
  #refreshing: Promise<string> | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#stored = readJson<StoredSession>(parts.store, KEY);
  }

  get current(): StoredSession | undefined {
    return this.#stored;
  }

  begin({ user, deviceId, ...tokens }: Tokens & { user: User; deviceId: string }): void {
    this.#keep({ user, deviceId, ...this.#withExpiry(tokens) });
  }

  end(): void {
    this.#stored = undefined;
    this.#parts.store.delete(KEY);
  }

  /** When to renew the token while connected: well before its end, in the middle of a life that is short. */
  get renewAt(): number {
    const stored = this.#stored;
    return stored ? stored.expiresAt - Math.min(90_000, stored.expiresIn * 500) : Number.POSITIVE_INFINITY;
  }

  async accessToken({ fresh = false } = {}): Promise<string> {
    const stored = this.#stored;
    if (!stored) throw new RequestError("UNAUTHENTICATED", "nobody is signed in");
    if (!fresh && this.#parts.clock.now() < this.renewAt) return stored.accessToken;
    this.#refreshing ??= this.#refresh(stored).finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refresh(stored: StoredSession): Promise<string> {
    const requestId = stored.requestId ?? this.#parts.newId();
    this.#keep({ ...stored, requestId });
    try {
      const tokens = await this.#parts.api.call("POST /auth/refresh", { body: { refreshToken: stored.refreshToken, requestId } });
      if (this.#stored?.refreshToken !== stored.refreshToken) throw new RequestError("UNAUTHENTICATED", "signed out meanwhile");
      const { user, deviceId } = stored;
      this.#keep({ user, deviceId, ...this.#withExpiry(tokens) });
      return tokens.accessToken;
    } catch (error) {
      const refused = error instanceof RequestError && error.refused;
      if (refused && this.#stored?.refreshToken === stored.refreshToken) this.#parts.onRefused();
      throw error;
    }
  }

  #withExpiry({ accessToken, refreshToken, expiresIn }: Tokens) {
    return { accessToken, refreshToken, expiresIn, expiresAt: this.#parts.clock.now() + expiresIn * 1000 };
  }

  #keep(session: StoredSession): void {
    this.#stored = session;
    this.#parts.store.set(KEY, JSON.stringify(session));
  }
}
