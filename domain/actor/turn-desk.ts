import type { Returns } from "../../contracts/caller.ts";
import type { Clock } from "../../contracts/clock.ts";
import { toChatError } from "../../contracts/errors.ts";
import type { AskedTurn, TurnAnswer, TurnFailure, TurnName } from "../../contracts/services/actors.ts";
import { Batcher } from "../pacing/batcher.ts";
import { weightOf } from "../pacing/weight.ts";
import { MovedError } from "./moved.ts";
import { BYTES_PER_CALL } from "./turn-links.ts";

type Returned = Returns<TurnName>;

export interface TurnDeskOptions {
  clock: Clock;
  /** Runs a turn here; MovedError: it was not run, and is not to be. */
  run(turn: AskedTurn): Promise<Returned>;
  /** Sends answers in a call of their own. */
  send(nodeID: string, answers: TurnAnswer[]): Promise<void>;
  onLost(nodeID: string, answers: TurnAnswer[], error: unknown): void;
}

/** A call is kept open for answers no longer than this: the caller wants to know that this node is there. */
const OPEN_MS = 250;

interface Asker {
  answers: Batcher<TurnAnswer>;
  /** Calls of the asker that take answers along, the oldest first. */
  open: Set<(answers: TurnAnswer[]) => void>;
}

/**
 * Runs the turns that other nodes ask for. Answers go back with a call that the asker has open, be it another one
 * than that which brought the turn, so that under load an answer costs no call of its own.
 */
export class TurnDesk {
  readonly #options: TurnDeskOptions;
  readonly #askers = new Map<string, Asker>();

  constructor(options: TurnDeskOptions) {
    this.#options = options;
  }

  turns(from: string, turns: AskedTurn[]): Promise<TurnAnswer[]> {
    if (turns.length === 0) return Promise.resolve([]);
    const asker = this.#askerOf(from);
    for (const turn of turns) void this.#run(turn).then((answer) => asker.answers.add(answer));
    return this.#keepOpen(asker);
  }

  /** The node has gone; whatever it asked for, nobody waits for the answer. */
  forget(nodeID: string): void {
    this.#askers.delete(nodeID);
  }

  #askerOf(nodeID: string): Asker {
    const known = this.#askers.get(nodeID);
    if (known) return known;
    const { clock } = this.#options;
    const open: Asker["open"] = new Set();
    const send = (answers: TurnAnswer[]) => this.#answer(nodeID, open, answers);
    const asker = { open, answers: new Batcher<TurnAnswer>({ clock, send, weigh: weightOf, mostBytes: BYTES_PER_CALL }) };
    this.#askers.set(nodeID, asker);
    return asker;
  }

  #keepOpen({ open }: Asker): Promise<TurnAnswer[]> {
    return new Promise((resolve) => {
      const close = (answers: TurnAnswer[]) => {
        open.delete(close);
        timer.cancel();
        resolve(answers);
      };
      const timer = this.#options.clock.after(OPEN_MS, () => close([]));
      open.add(close);
    });
  }

  async #run(turn: AskedTurn): Promise<TurnAnswer> {
    try {
      return { n: turn.n, value: await this.#options.run(turn) };
    } catch (error) {
      return error instanceof MovedError ? { n: turn.n, moved: true } : { n: turn.n, failure: failureOf(error) };
    }
  }

  #answer(nodeID: string, open: Asker["open"], answers: TurnAnswer[]): void {
    const [oldest] = open;
    if (oldest) oldest(answers);
    else void this.#send(nodeID, answers);
  }

  /** Tried twice: the asker waits, and would otherwise learn by its patience only. */
  async #send(nodeID: string, answers: TurnAnswer[]): Promise<void> {
    const { send, onLost } = this.#options;
    await send(nodeID, answers)
      .catch(() => send(nodeID, answers))
      .catch((error) => onLost(nodeID, answers, error));
  }
}

function failureOf(thrown: unknown): TurnFailure {
  const { code, message, data } = toChatError(thrown);
  return code === "INTERNAL" ? { message: String(thrown) } : { code, message, data };
}
