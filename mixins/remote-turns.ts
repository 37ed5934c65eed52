import type { CallingOptions, ServiceBroker } from "moleculer";
import { callerOf, type Returns } from "../contracts/caller.ts";
import type { Clock } from "../contracts/clock.ts";
import { ChatError } from "../contracts/errors.ts";
import { serviceSchema } from "../contracts/service.ts";
import type { AskedTurn, TurnAnswer, TurnName } from "../contracts/services/actors.ts";
import { NodeSilentError } from "../domain/actor/asked-turns.ts";
import { MovedError } from "../domain/actor/moved.ts";
import { TurnDesk } from "../domain/actor/turn-desk.ts";
import { type Turn, TurnLinks } from "../domain/actor/turn-links.ts";

export type Call = (action: string, params?: unknown, options?: CallingOptions) => Promise<unknown>;

/** A call that is not answered by then may have taken answers with it: then the node is taken for dead. */
const CALL_TIMEOUT_MS = 2000;

export interface RemoteTurnsOptions {
  clock: Clock;
  /** This node takes no turns that another could take. */
  moved(turn: AskedTurn): boolean;
  onDraining(nodeID: string): void;
}

/** Turns that are asked of other nodes, and turns that other nodes ask for here. */
export class RemoteTurns {
  readonly #broker: ServiceBroker;
  readonly #call: Call;
  readonly #moved: (turn: AskedTurn) => boolean;
  readonly #links: TurnLinks;
  readonly #desk: TurnDesk;

  /** `call` calls what it is given where it is told to. */
  constructor(broker: ServiceBroker, call: Call, { clock, moved, onDraining }: RemoteTurnsOptions) {
    this.#broker = broker;
    this.#call = call;
    this.#moved = moved;
    const caller = callerOf(broker);
    const from = broker.nodeID;
    const to = (nodeID: string) => ({ nodeID, timeout: CALL_TIMEOUT_MS });
    this.#links = new TurnLinks({ clock, send: (nodeID, turns) => this.#send(nodeID, turns) });
    this.#desk = new TurnDesk({
      clock,
      run: (turn) => this.#run(turn),
      send: (nodeID, answers) => caller.call("actors.answers", { from, answers }, to(nodeID)),
      onLost: (nodeID, { length }, error) => broker.logger.debug(`${length} answers were lost on the way to ${nodeID}:`, error),
    });
    broker.createService(this.#service(onDraining));
  }

  ask(nodeID: string, turn: Turn): Promise<unknown> {
    return this.#links.ask(nodeID, turn);
  }

  #service(onDraining: (nodeID: string) => void) {
    return serviceSchema<"actors">({
      name: "actors",
      actions: {
        turns: async ({ from, turns }) => ({ answers: await this.#desk.turns(from, turns) }),
        answers: ({ from, answers }) => this.#links.heard(from, answers),
      },
      events: {
        "node.draining": (_, sender) => onDraining(sender),
        "$node.disconnected": ({ node }) => {
          this.#links.gone(node.id);
          this.#desk.forget(node.id);
        },
        "$transporter.disconnected": () => this.#links.cutOff(),
      },
      stopped: async () => this.#links.stop(),
    });
  }

  /** What the broker itself says tells of the node; anything else is said by what keeps this one from calling. */
  async #send(nodeID: string, turns: AskedTurn[]): Promise<TurnAnswer[]> {
    const options = { nodeID, timeout: CALL_TIMEOUT_MS };
    try {
      const answer = await this.#call("actors.turns", { from: this.#broker.nodeID, turns }, options);
      return (answer as { answers: TurnAnswer[] }).answers;
    } catch (cause) {
      throw cause instanceof ChatError ? cause : new NodeSilentError({ cause });
    }
  }

  async #run(turn: AskedTurn): Promise<Returns<TurnName>> {
    if (this.#moved(turn)) throw new MovedError();
    const returned = await this.#call(turn.action, turn.params, { nodeID: this.#broker.nodeID });
    return returned as Returns<TurnName>;
  }
}
