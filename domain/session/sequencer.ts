import { RecentSeqs } from "./recent-seqs.ts";

/** Conversations whose last `seq` is remembered, at least. */
const REMEMBERED = 50_000;
/** A jump over more than this is not filled: clients see the gap and sync. */
const LONGEST_FILL = 200;
/** Frames of one conversation that wait for a fill. */
const MOST_HELD = 256;

export type Verdict<F> =
  | { verdict: "forward" | "drop" | "hold" }
  /** The frame is held until `filled` is told what lies between. */
  | { verdict: "fill"; after: number; through: number }
  /** The wait is given up: these go out, in order. */
  | { verdict: "release"; frames: F[] };

interface Gap<F> {
  after: number;
  held: Map<number, F>;
}

const forward = { verdict: "forward" } as const;
const drop = { verdict: "drop" } as const;
const hold = { verdict: "hold" } as const;
const unknown = { verdict: "unknown" } as const;

/**
 * Keeps the frames of each conversation in `seq` order, for one gateway: late ones are dropped, and a jump is
 * filled once, while what follows it waits. A conversation that did not move lately starts anew.
 */
export class Sequencer<F> {
  readonly #last = new RecentSeqs(REMEMBERED);
  readonly #gaps = new Map<string, Gap<F>>();

  offer(conversationId: string, seq: number, frame: F): Verdict<F> {
    const gap = this.#gaps.get(conversationId);
    if (gap) return this.#wait(conversationId, gap, seq, frame);
    const last = this.#last.get(conversationId);
    if (last !== undefined && seq <= last) return drop;
    if (last === undefined || seq === last + 1 || seq - last > LONGEST_FILL) {
      this.#last.set(conversationId, seq);
      return forward;
    }
    this.#gaps.set(conversationId, { after: last, held: new Map([[seq, frame]]) });
    return { verdict: "fill", after: last, through: seq - 1 };
  }

  /**
   * Frames up to `seq` did not come. "fill": what follows waits until `filled` is told what lies between, `seq` included;
   * "unknown": nobody here remembers where the conversation stands.
   */
  missed(conversationId: string, seq: number): { verdict: "drop" | "unknown" } | { verdict: "fill"; after: number } {
    const last = this.#last.get(conversationId);
    if (last !== undefined && seq <= last) return drop;
    if (last === undefined || seq - last > LONGEST_FILL || this.#gaps.has(conversationId)) return unknown;
    this.#gaps.set(conversationId, { after: last, held: new Map() });
    return { verdict: "fill", after: last };
  }

  /** What the store had for the gap, perhaps nothing. Answers all that may go out now, in order. */
  filled(conversationId: string, found: Iterable<readonly [seq: number, frame: F]>): F[] {
    const gap = this.#gaps.get(conversationId);
    if (!gap) return [];
    for (const [seq, frame] of found) if (!gap.held.has(seq)) gap.held.set(seq, frame);
    return this.#release(conversationId, gap);
  }

  /** Forgets conversations that did not move since the turn before. */
  turn(): void {
    this.#last.turn();
  }

  #wait(conversationId: string, gap: Gap<F>, seq: number, frame: F): Verdict<F> {
    if (seq <= gap.after || gap.held.has(seq)) return drop;
    gap.held.set(seq, frame);
    return gap.held.size <= MOST_HELD ? hold : { verdict: "release", frames: this.#release(conversationId, gap) };
  }

  #release(conversationId: string, gap: Gap<F>): F[] {
    this.#gaps.delete(conversationId);
    const ordered = [...gap.held].sort(([a], [b]) => a - b);
    this.#last.set(conversationId, ordered.at(-1)?.[0] ?? gap.after);
    return ordered.map(([, frame]) => frame);
  }
}
