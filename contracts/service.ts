import type { ServiceSchema } from "moleculer";
import type { ActionName, Events, Params, Returns } from "./caller.ts";

type VerbsOf<S extends string> = { [N in ActionName]: N extends `${S}.${infer V}` ? V : never }[ActionName];

/** One function an action of service `S`, checked against what callers were promised. */
export type ActionsOf<S extends string> = {
  [V in VerbsOf<S>]: (params: Params<`${S}.${V}` & ActionName>) => MaybePromise<Returns<`${S}.${V}` & ActionName>>;
};

/** What the broker itself tells the services of its node. */
export interface BrokerEvents {
  /** All services of this node have started, and hear what is told. */
  "$broker.started": undefined;
  "$node.connected": { node: { id: string } };
  /** `unexpected`: it did not say goodbye. */
  "$node.disconnected": { node: { id: string }; unexpected?: boolean };
  /** Some node, perhaps this one, offers other services than before. */
  "$services.changed": { localService: boolean };
  /** This node can reach others, for the first time or again: then it knows once more who is there. */
  "$transporter.connected": { wasReconnect: boolean };
  /** This node cannot reach any other. */
  "$transporter.disconnected": { graceFul: boolean };
}

type Heard = Events & BrokerEvents;

/** `sender` is the broker node id from which the event came. */
export type EventHandlers = { [N in keyof Heard]?: (payload: Heard[N], sender: string) => MaybePromise<void> };

type MaybePromise<T> = T | Promise<T>;

export interface ServiceDefinition<S extends string> {
  name: S;
  actions: ActionsOf<S>;
  events?: EventHandlers;
  /** Moleculer mixins and settings, for the gateway alone. */
  mixins?: Partial<ServiceSchema>[];
  settings?: Record<string, unknown>;
  methods?: ServiceSchema["methods"];
  started?(): Promise<void>;
  stopped?(): Promise<void>;
}

/** The Moleculer schema of a typed service: a thin shell, all state lives in what the definition closes over. */
export function serviceSchema<S extends string>(definition: ServiceDefinition<S>): ServiceSchema {
  const { actions, events = {}, started, stopped, ...rest } = definition;
  return {
    ...rest,
    actions: Object.fromEntries(
      Object.entries<(params: never) => unknown>(actions).map(([verb, run]) => [
        verb,
        { handler: (ctx: { params: unknown }) => run(ctx.params as never) },
      ]),
    ),
    events: Object.fromEntries(
      Object.entries(events).map(([name, on]) => [
        name,
        { handler: (ctx: { params: unknown; nodeID: string }) => on(ctx.params as never, ctx.nodeID) },
      ]),
    ),
    started: started && (() => started.call(definition)),
    stopped: stopped && (() => stopped.call(definition)),
  } as ServiceSchema;
}
