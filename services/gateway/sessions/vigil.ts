import type { Config } from "../../../config.ts";
import type { Clock } from "../../../contracts/clock.ts";
import { Wheel } from "../../../domain/session/wheel.ts";
import { EncodedFrame } from "./encoded-frame.ts";
import type { Session } from "./session.ts";

/** How long before its end a token's session is told. */
const WARN_MS = 60_000;
/** How long after the backlog the store's heads are looked at again. */
const LOOK_AGAIN_MS = 1000;

const nothingMoved = EncodedFrame.of("heads", {});

interface Watched {
  session: Session;
  nextBeat: number;
  /** The token's end that the session was warned of. */
  warnedOf: number;
}

/** Watches over all sessions of a gateway with one timer: heartbeats, silence, the end of tokens, the second look. */
export class Vigil {
  readonly #wheel: Wheel<Watched>;
  readonly #looks: Wheel<Session>;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #lookAgain: (session: Session) => void;

  constructor(config: Config, clock: Clock, lookAgain: (session: Session) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#lookAgain = lookAgain;
    const tickMs = Math.min(250, Math.max(10, Math.floor(config.heartbeatMs / 20)));
    this.#wheel = new Wheel(tickMs);
    this.#looks = new Wheel(tickMs);
  }

  get tickMs(): number {
    return this.#wheel.tickMs;
  }

  /** Monotonic milliseconds. */
  get now(): number {
    return this.#wheel.now;
  }

  turn(): void {
    this.#wheel.turn((watched, now) => this.#visit(watched, now));
    this.#looks.turn((session) => {
      if (!session.isClosed) this.#lookAgain(session);
      return undefined;
    });
  }

  /** From the session's beginning to its end. */
  watch(session: Session): void {
    this.#wheel.add({ session, nextBeat: this.now + this.#config.heartbeatMs, warnedOf: 0 }, this.now);
  }

  /** The session was sent its backlog. */
  caughtUp(session: Session): void {
    this.#looks.add(session, this.#looks.now + LOOK_AGAIN_MS);
  }

  #visit(watched: Watched, now: number): number | undefined {
    const { session } = watched;
    const silentAt = session.heardAt + this.#config.sessionTimeoutMs;
    if (!session.isClosed && now >= silentAt) session.end("silent");
    const tokenDue = this.#watchToken(watched, now);
    if (session.isClosed) return undefined;
    if (now >= watched.nextBeat) this.#beat(watched);
    return Math.min(watched.nextBeat, silentAt, tokenDue);
  }

  #beat(watched: Watched): void {
    watched.nextBeat += this.#config.heartbeatMs;
    const heads = watched.session.takeHeads();
    watched.session.send(heads ? EncodedFrame.of("heads", heads) : nothingMoved);
    watched.session.transport.ping();
  }

  /** When to look at the token again. Its end is wall-clock time, so it is read anew at each visit. */
  #watchToken(watched: Watched, now: number): number {
    const { session } = watched;
    const left = session.expiresAt - this.#clock.now();
    if (left <= 0) session.end("expired");
    if (left > WARN_MS) return now + left - WARN_MS;
    if (watched.warnedOf !== session.expiresAt) {
      watched.warnedOf = session.expiresAt;
      session.emit("session", { op: "expiring" });
    }
    return now + left;
  }
}
