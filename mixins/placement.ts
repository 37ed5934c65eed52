import { type CallingOptions, Errors, type Middleware, type ServiceBroker } from "moleculer";
import { actorActions } from "../contracts/actor-actions.ts";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { Rendezvous } from "../domain/placement/rendezvous.ts";
import { Suspicions } from "../domain/placement/suspicions.ts";

type Call = (action: string, params?: unknown, options?: CallingOptions) => Promise<unknown>;

/** An owner answers within this time, or is passed over for a while. */
const OWNER_TIMEOUT_MS = 1000;

const keys = new Map<string, string>(Object.entries(actorActions));

/**
 * Sends the call of an actor's action to the node that owns the actor, among those that offer the action.
 * A call that names its node goes there. Receivers never forward: that two nodes may differ for a moment about
 * who owns an actor is made safe by the store, not here.
 */
export function placement(clock: Clock = systemClock): Middleware {
  const suspicions = new Suspicions(clock);
  const avoid = (nodeID: string) => suspicions.has(nodeID);
  const offering = new Map<string, Rendezvous>();
  let broker: ServiceBroker;

  function nodesOf(action: string): Rendezvous {
    let nodes = offering.get(action);
    if (!nodes) offering.set(action, (nodes = new Rendezvous(offerers(broker, action))));
    return nodes;
  }

  function call(next: Call): Call {
    return (action, params, options) => {
      const key = keys.get(action);
      if (key === undefined || options?.nodeID) return next(action, params, options);
      const nodes = nodesOf(action);
      if (nodes.only === broker.nodeID) return next(action, params, options);
      const owner = nodes.owner((params as Record<string, string>)[key] ?? "", suspicions.none ? undefined : avoid);
      if (owner === undefined) return next(action, params, options);
      if (owner === broker.nodeID) return next(action, params, { ...options, nodeID: owner });
      return next(action, params, { timeout: OWNER_TIMEOUT_MS, ...options, nodeID: owner }).catch(suspecting(owner));
    };
  }

  function suspecting(nodeID: string) {
    return (error: unknown) => {
      if (error instanceof Errors.RequestTimeoutError) suspicions.suspect(nodeID);
      throw error;
    };
  }

  return {
    name: "Placement",
    created(created) {
      broker = created;
      const forget = () => offering.clear();
      broker.localBus.on("$services.changed", forget);
      broker.localBus.on("$node.*", forget);
    },
    // Moleculer's type of this hook gives what a call returns instead of the call.
    call: call as unknown as Middleware["call"],
  };
}

function offerers(broker: ServiceBroker, action: string): string[] {
  const endpoints = broker.registry.getActionEndpoints(action)?.endpoints ?? [];
  return endpoints.filter(({ isAvailable }) => isAvailable).map(({ id }) => id);
}
