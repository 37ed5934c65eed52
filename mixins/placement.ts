import type { CallingOptions, Middleware, ServiceBroker } from "moleculer";
import { type ActorActionName, actorActions } from "../contracts/actor-actions.ts";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { repeatableActions } from "../contracts/repeatable-actions.ts";
import type { TurnName } from "../contracts/services/actors.ts";
import { NodeSilentError } from "../domain/actor/asked-turns.ts";
import { MovedError } from "../domain/actor/moved.ts";
import type { Turn } from "../domain/actor/turn-links.ts";
import type { Placement } from "../domain/placement/placement.ts";
import { Rendezvous } from "../domain/placement/rendezvous.ts";
import { Suspicions } from "../domain/placement/suspicions.ts";
import { type Call, RemoteTurns } from "./remote-turns.ts";

/** No further node is asked after so long: the caller had better come back. */
const PATIENCE_MS = 3000;
/** After a node came or went others are likely to follow. */
const SETTLE_MS = 250;

const keys = new Map<string, string>(Object.entries(actorActions));

interface Asked {
  turn: Turn;
  key: string;
  options?: CallingOptions;
}

/**
 * Sends the call of an actor's action to the node that owns the actor, among those that offer the action. When that
 * one does not answer, or is about to stop, the next choice is asked: the turn may then have run on both. What any node
 * can answer, and may run twice, is asked in the same way if this one cannot. A call that names its node goes there.
 * Receivers never forward: that two nodes may differ for a moment about who owns an actor is made safe by the store,
 * not here.
 */
export class ActorPlacement implements Placement {
  readonly #clock: Clock;
  readonly #suspicions: Suspicions;
  readonly #draining = new Set<string>();
  readonly #offering = new Map<string, Rendezvous>();
  readonly #listeners: (() => void)[] = [];
  #settling = false;
  #turn = 0;
  #keyOfTurn: string | undefined;
  #broker!: ServiceBroker;
  #turns!: RemoteTurns;
  #next!: Call;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#suspicions = new Suspicions(clock);
  }

  get middleware(): Middleware {
    return {
      name: "Placement",
      // Moleculer's type of this hook gives what a call returns instead of the call.
      call: ((next: Call) => this.#calling(next)) as unknown as Middleware["call"],
      created: (broker) => this.#open(broker),
    };
  }

  get clustered(): boolean {
    return Boolean(this.#broker.transit);
  }

  get cutOff(): boolean {
    return this.#broker.transit?.tx.connected === false;
  }

  isMine(action: ActorActionName, key: string): boolean {
    return this.ownerOf(action, key) === this.#broker.nodeID;
  }

  ownerOf(action: ActorActionName, key: string): string | undefined {
    return this.#rendezvous(action).owner(key, this.#isDraining);
  }

  /** The nodes that offer the action and are not about to stop. */
  nodesOf(action: TurnName): string[] {
    return offerers(this.#broker, action).filter((nodeID) => !this.#draining.has(nodeID));
  }

  onMoved(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #open(broker: ServiceBroker): void {
    this.#broker = broker;
    this.#turns = new RemoteTurns(broker, this.#next, {
      clock: this.#clock,
      moved: ({ action }) => this.#draining.has(broker.nodeID) && this.nodesOf(action).length > 0,
      onDraining: (nodeID) => this.#drains(nodeID),
    });
    broker.localBus.on("$services.changed", () => this.#changed());
    broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => {
      this.#draining.delete(node.id);
      this.#changed();
    });
  }

  #calling(next: Call): Call {
    // Moleculer wraps `call` first, and then the twin of it that gateways may use.
    this.#next ??= next;
    return (action, params, options) => {
      if (options?.nodeID) return next(action, params, options);
      const parameter = keys.get(action);
      if (parameter !== undefined) return this.#callOwner(next, { action, params } as Turn, parameter, options);
      if (repeatableActions.has(action)) return this.#callAny(next, { action, params } as Turn, options);
      return next(action, params, this.#passingOver(action, options));
    };
  }

  #callOwner(next: Call, turn: Turn, parameter: string, options?: CallingOptions): Promise<unknown> {
    const here = this.#broker.nodeID;
    const nodes = this.#rendezvous(turn.action);
    if (nodes.only === here) return next(turn.action, turn.params, options);
    const key = (turn.params as Record<string, string>)[parameter] ?? "";
    const owner = this.#ownerAmong(nodes, key);
    if (owner === undefined) return next(turn.action, turn.params, options);
    if (owner === here) return next(turn.action, turn.params, { ...options, nodeID: owner });
    return this.#ask({ turn, key, options }, owner);
  }

  /** What comes up within one turn of the event loop is asked of one node, and so travels together. */
  #callAny(next: Call, turn: Turn, options?: CallingOptions): Promise<unknown> {
    const nodes = this.#rendezvous(turn.action);
    if (nodes.has(this.#broker.nodeID)) return next(turn.action, turn.params, options);
    const key = (this.#keyOfTurn ??= this.#nextKey());
    const node = this.#ownerAmong(nodes, key);
    if (node === undefined) return next(turn.action, turn.params, options);
    // The broker's word for no limit is 0.
    const longestMs = (options?.timeout ?? this.#broker.options.requestTimeout) || undefined;
    return this.#ask({ turn: { ...turn, longestMs }, key, options }, node);
  }

  #nextKey(): string {
    setImmediate(() => {
      this.#keyOfTurn = undefined;
    });
    return `${++this.#turn}`;
  }

  async #ask(asked: Asked, owner: string): Promise<unknown> {
    try {
      return await this.#turns.ask(owner, asked.turn);
    } catch (error) {
      return this.#askOthers(asked, owner, error);
    }
  }

  /** Asks the next choices, each once, while they fail for reasons of their own. */
  async #askOthers(asked: Asked, owner: string, failure: unknown): Promise<unknown> {
    const until = this.#clock.now() + PATIENCE_MS;
    const tried = new Set<string>();
    let [nodeID, error] = [owner, failure];
    for (;;) {
      tried.add(nodeID);
      this.#learn(nodeID, error);
      const other = this.#ownerAmong(this.#rendezvous(asked.turn.action), asked.key, tried);
      if (other === undefined || tried.has(other) || this.#clock.now() > until) throw error;
      nodeID = other;
      try {
        return await this.#askNode(asked, nodeID);
      } catch (next) {
        error = next;
      }
    }
  }

  /** What no node owns is not asked of one that is silent or about to stop, either, if another one offers it. */
  #passingOver(action: string, options?: CallingOptions): CallingOptions | undefined {
    if (this.#allWell) return options;
    const nodes = offerers(this.#broker, action);
    const well = nodes.filter((nodeID) => !this.#isAvoided(nodeID));
    if (well.length === nodes.length || nodes.includes(this.#broker.nodeID)) return options;
    const nodeID = well[this.#turn++ % well.length];
    return nodeID === undefined ? options : { ...options, nodeID };
  }

  #askNode({ turn, options }: Asked, nodeID: string): Promise<unknown> {
    if (nodeID === this.#broker.nodeID) return this.#next(turn.action, turn.params, { ...options, nodeID });
    return this.#turns.ask(nodeID, turn);
  }

  /** Throws what is the turn's own failure, and no news of the node. */
  #learn(nodeID: string, error: unknown): void {
    if (error instanceof MovedError) this.#drains(nodeID);
    else if (error instanceof NodeSilentError) this.#suspicions.suspect(nodeID);
    else throw error;
  }

  #drains(nodeID: string): void {
    this.#draining.add(nodeID);
    this.#changed();
  }

  /** A silent node may be there all the same: rather that one than one that is about to stop, or was tried. */
  #ownerAmong(nodes: Rendezvous, key: string, tried?: ReadonlySet<string>): string | undefined {
    if (this.#allWell) return nodes.owner(key);
    if (!tried) return nodes.owner(key, this.#isAvoided, this.#isDraining);
    const or = (avoided: (nodeID: string) => boolean) => (nodeID: string) => tried.has(nodeID) || avoided(nodeID);
    return nodes.owner(key, or(this.#isAvoided), or(this.#isDraining));
  }

  #rendezvous(action: string): Rendezvous {
    let nodes = this.#offering.get(action);
    if (!nodes) this.#offering.set(action, (nodes = new Rendezvous(offerers(this.#broker, action))));
    return nodes;
  }

  get #allWell(): boolean {
    return this.#suspicions.none && this.#draining.size === 0;
  }

  readonly #isDraining = (nodeID: string) => this.#draining.has(nodeID);
  readonly #isAvoided = (nodeID: string) => this.#draining.has(nodeID) || this.#suspicions.has(nodeID);

  #changed(): void {
    this.#offering.clear();
    if (this.#settling) return;
    this.#settling = true;
    this.#clock.after(SETTLE_MS, () => {
      this.#settling = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

function offerers(broker: ServiceBroker, action: string): string[] {
  const endpoints = broker.registry.getActionEndpoints(action)?.endpoints ?? [];
  return endpoints.filter(({ isAvailable }) => isAvailable).map(({ id }) => id);
}
