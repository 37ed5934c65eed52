import { ChatError, UnavailableError } from "../../contracts/errors.ts";
import type { TurnAnswer, TurnFailure } from "../../contracts/services/actors.ts";
import { MovedError } from "./moved.ts";

/** How often `tick` is to be called. */
export const TICK_MS = 250;
/** A node that says nothing for so many ticks while turns are asked of it is asked whether it is there, */
const PROBED_AFTER = 2;
/** and taken for dead. */
const DEAD_AFTER = 4;
/** Even on a node that is well a turn is waited for no longer, if nothing else is said: its answer may be lost. */
const LONGEST_MS = 4500;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  ticksLeft: number;
}

/** The node that was asked says nothing, or cannot be reached. Whether the turn ran is not known. */
export class NodeSilentError extends Error {
  constructor(options?: ErrorOptions) {
    super("the node does not answer", options);
    this.name = "NodeSilentError";
  }
}

/**
 * The turns that were asked of one other node and are not answered yet. A turn may take its time, a node may not:
 * what is waited for is any word of it. Time is counted in ticks, so that a pause of this process is not taken for
 * silence of the other one.
 */
export class AskedTurns {
  readonly #probe: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #silence = 0;

  /** `probe` asks the node for any answer. */
  constructor(probe: () => void) {
    this.#probe = probe;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves with the answer. Rejects with what the turn threw, MovedError, NodeSilentError, or when it takes too long. */
  wait(n: number, longestMs = LONGEST_MS): Promise<unknown> {
    if (this.#waiting.size === 0) this.#silence = 0;
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { resolve, reject, ticksLeft: Math.ceil(longestMs / TICK_MS) });
    });
  }

  /** The node gave these answers, or none, but is there. */
  heard(answers: TurnAnswer[]): void {
    this.#silence = 0;
    for (const answer of answers) this.#settle(answer);
  }

  /** None of the turns will be answered. */
  fail(error: unknown): void {
    for (const n of this.#waiting.keys()) this.#take(n)?.reject(error);
  }

  tick(): void {
    if (this.#waiting.size === 0) return;
    this.#silence++;
    if (this.#silence >= DEAD_AFTER) this.fail(new NodeSilentError());
    else if (this.#silence === PROBED_AFTER) this.#probe();
    for (const [n, waiting] of this.#waiting) {
      if (--waiting.ticksLeft <= 0) this.#take(n)?.reject(new UnavailableError("It takes too long"));
    }
  }

  #settle(answer: TurnAnswer): void {
    const waiting = this.#take(answer.n);
    if ("moved" in answer) waiting?.reject(new MovedError());
    else if ("failure" in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.value);
  }

  #take(n: number): Waiting | undefined {
    const waiting = this.#waiting.get(n);
    this.#waiting.delete(n);
    return waiting;
  }
}

function errorOf({ code, message, data }: TurnFailure): Error {
  return code === undefined ? new Error(message) : new ChatError(code, message, data);
}
