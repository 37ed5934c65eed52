import type { Clock, Timer } from "../../contracts/clock.ts";
import type { LoggedEntry } from "../../contracts/entry.ts";
import { ACKNOWLEDGED_AT, type DeliverFrame, type MissedHead } from "../../contracts/services/routing.ts";
import { endOfTurn } from "../../domain/pacing/end-of-turn.ts";
import { takeUpTo } from "../../domain/pacing/take-up-to.ts";
import { Missed } from "./missed.ts";

export interface Outgoing {
  frame: DeliverFrame;
  /** What the frame carries, if it is an entry. */
  entry?: LoggedEntry;
  /** Whom it reaches there, as far as this node knows. */
  users: string[];
}

export interface OutboxParts {
  clock: Clock;
  /** Resolves to how many of the frames, from the first on, the gateway has accepted. */
  deliver(frames: DeliverFrame[]): Promise<number>;
  /** Resolves when the gateway knows that it has missed these; undefined: who knows what. */
  tellMissed(heads: MissedHead[] | undefined): Promise<void>;
  onUndelivered(outgoing: Outgoing[], cause?: unknown): void;
}

/** One call carries so much: below the megabyte of a transporter, however its text is escaped. */
const UNITS_PER_CALL = 256 * 1024;
/** So many frames may be unacknowledged while more are sent; a call by itself may have more. */
const MOST_UNACKNOWLEDGED = 2 * ACKNOWLEDGED_AT;
/** So much waits for one gateway; what comes on top is not delivered. */
const MOST_UNITS = 32 * 1024 * 1024;
/** Recipients named in one call about what was missed. */
const USERS_PER_CALL = 5000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 2000;

/** Rough length of the frame in a call. */
const unitsOf = ({ frame }: Outgoing) => 240 + frame.json.length + 40 * frame.to.length;

/**
 * What is on its way to one gateway node, in order. The frames of one turn of the event loop go in one call;
 * while many are not acknowledged yet, others gather for the next. What the gateway does not acknowledge it has missed,
 * as far as this side knows: it is told so, until it acknowledges that.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #missed = new Missed();
  #waiting: Outgoing[] = [];
  #units = 0;
  readonly #flying = new Set<Promise<void>>();
  #unacknowledged = 0;
  #busy = false;
  #away = false;
  #failures = 0;
  #delay: Timer | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  add(outgoing: Outgoing): void {
    const units = unitsOf(outgoing);
    if (this.#away || this.#units + units > MOST_UNITS) {
      this.#miss([outgoing]);
      return;
    }
    this.#units += units;
    this.#waiting.push(outgoing);
    this.#begin();
  }

  /** Not sent at all: the gateway is away. */
  miss(frame: DeliverFrame): void {
    this.#missed.add(frame);
    this.#begin();
  }

  /** The gateway cannot be reached now, and perhaps never again. */
  pause(): void {
    this.#away = true;
    this.#delay?.cancel();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#units = 0;
    if (waiting.length > 0) this.#miss(waiting);
  }

  /** It can be reached again. */
  resume(): void {
    this.#away = false;
    this.#failures = 0;
    this.#begin();
  }

  #begin(): void {
    if (this.#busy || this.#away) return;
    this.#busy = true;
    this.#work = this.#drain();
  }

  /** Resolves when nothing is on its way; what was missed is told again later. */
  async idle(): Promise<void> {
    await this.#work;
    await Promise.all(this.#flying);
  }

  async #drain(): Promise<void> {
    await endOfTurn();
    while (!this.#away && (this.#waiting.length > 0 || !this.#missed.isEmpty)) {
      if (!this.#missed.isEmpty) {
        if (!(await this.#tellMissed())) break;
      } else if (this.#hasRoom) this.#send(this.#take());
      else await Promise.race(this.#flying);
    }
    this.#busy = false;
    if (!this.#missed.isEmpty) this.#later();
  }

  get #hasRoom(): boolean {
    return this.#unacknowledged < MOST_UNACKNOWLEDGED;
  }

  #later(): void {
    const ms = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#delay?.cancel();
    this.#delay = this.#parts.clock.after(ms, () => this.#begin());
  }

  #send(batch: Outgoing[]): void {
    this.#unacknowledged += batch.length;
    const flight = this.#deliver(batch).finally(() => {
      this.#unacknowledged -= batch.length;
      this.#flying.delete(flight);
    });
    this.#flying.add(flight);
  }

  async #deliver(batch: Outgoing[]): Promise<void> {
    try {
      const accepted = await this.#parts.deliver(batch.map(({ frame }) => frame));
      if (accepted < batch.length) this.#miss(batch.slice(accepted));
    } catch (error) {
      this.#miss(batch, error);
    }
  }

  #miss(outgoing: Outgoing[], cause?: unknown): void {
    for (const { frame } of outgoing) this.#missed.add(frame);
    this.#parts.onUndelivered(outgoing, cause);
    this.#begin();
  }

  /** Whether the gateway has acknowledged it. */
  async #tellMissed(): Promise<boolean> {
    await Promise.all(this.#flying);
    const heads = this.#missed.tooMany ? undefined : this.#missed.some(USERS_PER_CALL);
    try {
      await this.#parts.tellMissed(heads);
      this.#failures = 0;
    } catch {
      this.#failures++;
      return false;
    }
    if (heads) this.#missed.acknowledged(heads);
    else this.#missed.acknowledgedAll();
    return true;
  }

  /** As many as fit into a call, at least one. */
  #take(): Outgoing[] {
    const taken = takeUpTo(UNITS_PER_CALL, this.#waiting, unitsOf);
    for (const outgoing of taken) this.#units -= unitsOf(outgoing);
    return taken;
  }
}
