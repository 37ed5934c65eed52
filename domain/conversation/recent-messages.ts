import type { LoggedEntry } from "../../contracts/entry.ts";

interface Sent {
  seq: number;
  n: number;
  senderId: string;
}

const REMEMBERED = 256;

/** Who sent the last messages of a log, and how `n` grew. Complete above `knownFrom`. */
export class RecentMessages {
  #sent: Sent[] = [];
  #known: { seq: number; n: number };

  constructor(seq: number, n: number) {
    this.#known = { seq, n };
  }

  get knownFrom(): number {
    return this.#known.seq;
  }

  add({ kind, seq, n, senderId }: LoggedEntry): void {
    if (kind !== "message" || seq <= this.#known.seq) return;
    this.#sent.push({ seq, n, senderId });
    if (this.#sent.length < 2 * REMEMBERED) return;
    this.#known = this.#sent[REMEMBERED - 1] ?? this.#known;
    this.#sent = this.#sent.slice(REMEMBERED);
  }

  /** `n` of the entry at `seq`; undefined where this does not reach. */
  nAt(seq: number): number | undefined {
    if (seq < this.#known.seq) return undefined;
    return this.#sent.findLast((one) => one.seq <= seq)?.n ?? this.#known.n;
  }

  /** Senders of messages in (after, through], each with the last such message. */
  senders(after: number, through: number): Map<string, number> {
    const last = new Map<string, number>();
    for (const { seq, senderId } of this.#sent) if (seq > after && seq <= through) last.set(senderId, seq);
    return last;
  }
}
