/** The fewest messages that make up a stretch; a stretch without news tells nothing of a clock. */
const STRETCH_MESSAGES = 5;
const STRETCH_MS = 30_000;
const MAX_SENDERS = 1024;

interface Offsets {
  /** Smallest difference (my clock at receipt − sender's at sending) in the stretch before this one. */
  before: number;
  now: number;
  since: number;
  messages: number;
}

/**
 * How old a message is that carries a reading of its sender's clock, though no two clocks agree: the difference
 * between the clocks is taken to be the smallest one seen lately, which is that of the fastest message. So the
 * answer is never more than the truth but for the drift of half a minute, and nothing but a steady clock at either
 * end is needed. A difference is forgotten only when newer messages took its place, so that what waited somewhere
 * for an hour, and comes first, is still old.
 */
export class MessageAges {
  readonly #senders = new Map<string, Offsets>();

  /** `sent` by the sender's clock, `received` by mine, in milliseconds. The first message of a sender is 0 old. */
  of(sender: string, sent: number, received: number): number {
    const difference = received - sent;
    const offsets = this.#offsetsOf(sender, difference, received);
    offsets.messages++;
    offsets.now = Math.min(offsets.now, difference);
    return difference - Math.min(offsets.before, offsets.now);
  }

  #offsetsOf(sender: string, difference: number, received: number): Offsets {
    const known = this.#senders.get(sender);
    if (!known) return this.#remember(sender, difference, received);
    if (received - known.since >= STRETCH_MS && known.messages >= STRETCH_MESSAGES) {
      Object.assign(known, { before: known.now, now: difference, since: received, messages: 0 });
    }
    return known;
  }

  #remember(sender: string, difference: number, since: number): Offsets {
    const [oldest] = this.#senders.size < MAX_SENDERS ? [] : this.#senders.keys();
    if (oldest !== undefined) this.#senders.delete(oldest);
    const offsets = { before: difference, now: difference, since, messages: 0 };
    this.#senders.set(sender, offsets);
    return offsets;
  }
}
