import type { Clock, Timer } from "../../contracts/clock.ts";
import { OverloadedError, UnavailableError } from "../../contracts/errors.ts";
import type { AskedTurn, TurnAnswer } from "../../contracts/services/actors.ts";
import { Batcher } from "../pacing/batcher.ts";
import { weightOf } from "../pacing/weight.ts";
import { AskedTurns, NodeSilentError, TICK_MS } from "./asked-turns.ts";

export interface TurnLinksOptions {
  clock: Clock;
  /** Sends the turns to the node in one call, and resolves with the answers that came back with it. */
  send(nodeID: string, turns: AskedTurn[]): Promise<TurnAnswer[]>;
}

/** One call carries so much: far below the megabyte of a transporter, however its text is escaped. */
export const BYTES_PER_CALL = 128 * 1024;
/** Most turns that may wait for the answer of one node. */
const MOST_ASKED = 20_000;

export type Turn = Omit<AskedTurn, "n"> & {
  /** How long it is waited for, if not as long as for any turn. */
  longestMs?: number;
};

interface Link {
  asked: AskedTurns;
  batcher: Batcher<AskedTurn>;
}

/** What this node asks of the actors on others: one batch after another to each node, and the answers to the right asker. */
export class TurnLinks {
  readonly #options: TurnLinksOptions;
  readonly #links = new Map<string, Link>();
  readonly #ticking: Timer;
  #lastN = 0;

  constructor(options: TurnLinksOptions) {
    this.#options = options;
    this.#ticking = options.clock.every(TICK_MS, () => {
      for (const { asked } of this.#links.values()) asked.tick();
    });
  }

  /** The turn's answer, or what it threw. MovedError or NodeSilentError: ask another node. */
  ask(nodeID: string, { action, params, longestMs }: Turn): Promise<unknown> {
    const { asked, batcher } = this.#linkTo(nodeID);
    if (asked.size >= MOST_ASKED) return Promise.reject(new OverloadedError("too much waits for that node already"));
    const n = ++this.#lastN;
    const answer = asked.wait(n, longestMs);
    batcher.add({ n, action, params });
    return answer;
  }

  heard(nodeID: string, answers: TurnAnswer[]): void {
    this.#links.get(nodeID)?.asked.heard(answers);
  }

  /** The node has gone, and will answer nothing. */
  gone(nodeID: string): void {
    this.#links.get(nodeID)?.asked.fail(new NodeSilentError());
    this.#links.delete(nodeID);
  }

  /** No other node can be reached. Nobody is to blame, and there is nobody else to ask. */
  cutOff(): void {
    for (const { asked } of this.#links.values()) asked.fail(new UnavailableError("The other nodes cannot be reached"));
  }

  stop(): void {
    this.#ticking.cancel();
    this.cutOff();
  }

  #linkTo(nodeID: string): Link {
    let link = this.#links.get(nodeID);
    if (!link) this.#links.set(nodeID, (link = this.#open(nodeID)));
    return link;
  }

  #open(nodeID: string): Link {
    const asked = new AskedTurns(() => this.#send(nodeID, asked, []));
    const send = (turns: AskedTurn[]) => this.#send(nodeID, asked, turns);
    const { clock } = this.#options;
    return { asked, batcher: new Batcher<AskedTurn>({ clock, send, weigh: weightOf, mostBytes: BYTES_PER_CALL }) };
  }

  /** An answer that was lost may have carried those of other turns. */
  #send(nodeID: string, asked: AskedTurns, turns: AskedTurn[]): void {
    this.#options.send(nodeID, turns).then(
      (answers) => asked.heard(answers),
      (error) => asked.fail(error),
    );
  }
}
