import type { LoggedEntry } from "../../contracts/entry.ts";
import type { DeliverFrame } from "../../contracts/services/routing.ts";

export interface Outgoing {
  frame: DeliverFrame;
  /** What the frame carries, if it is an entry. */
  entry?: LoggedEntry;
}

export interface OutboxParts {
  /** Resolves to how many of the frames, from the first on, the gateway has accepted. */
  deliver(frames: DeliverFrame[]): Promise<number>;
  onUndelivered(outgoing: Outgoing[], cause?: unknown): void;
}

/** One call carries so much: below the megabyte of a transporter, however its text is escaped. */
const UNITS_PER_CALL = 256 * 1024;
/** So much waits for one gateway; what comes on top is not delivered. */
const MOST_UNITS = 32 * 1024 * 1024;

/** Rough length of the frame in a call. */
const unitsOf = ({ frame }: Outgoing) => 200 + frame.json.length + 40 * frame.to.length;

/**
 * What is on its way to one gateway node, in order. The frames of one turn of the event loop go in one call;
 * those that come while a call is in flight gather for the next.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  #waiting: Outgoing[] = [];
  #units = 0;
  #busy = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  add(outgoing: Outgoing): void {
    const units = unitsOf(outgoing);
    if (this.#units + units > MOST_UNITS) {
      this.#parts.onUndelivered([outgoing]);
      return;
    }
    this.#units += units;
    this.#waiting.push(outgoing);
    if (this.#busy) return;
    this.#busy = true;
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#take());
    this.#busy = false;
  }

  async #send(batch: Outgoing[]): Promise<void> {
    try {
      const accepted = await this.#parts.deliver(batch.map(({ frame }) => frame));
      if (accepted < batch.length) this.#parts.onUndelivered(batch.slice(accepted));
    } catch (error) {
      this.#parts.onUndelivered(batch, error);
    }
  }

  /** As many as fit into a call, at least one. */
  #take(): Outgoing[] {
    let count = 0;
    let units = 0;
    for (const outgoing of this.#waiting) {
      const more = unitsOf(outgoing);
      if (count > 0 && units + more > UNITS_PER_CALL) break;
      units += more;
      count++;
    }
    this.#units -= units;
    return this.#waiting.splice(0, count);
  }
}
