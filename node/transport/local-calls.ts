import type { Middleware, ServiceBroker } from "moleculer";
import type { ActionName } from "../../contracts/caller.ts";
import type { Call } from "../../mixins/remote-turns.ts";

/**
 * Called for every message, and waiting for nothing that has no limit of its own: the broker's timer, two thirds of
 * what a call on the same node costs, guards nothing here.
 */
const selfLimiting: ReadonlySet<string> = new Set<ActionName>([
  "conversations.append",
  "conversations.cursor",
  "fanout.publish",
  "router.resolve",
]);

const UNTIMED = { timeout: 0 };

/** Calls of those actions go without the broker's timer while they stay on this node. */
export function localCalls(): Middleware {
  const local = new Map<string, boolean>();
  let broker: ServiceBroker;

  function isLocal(action: string): boolean {
    let known = local.get(action);
    if (known === undefined) local.set(action, (known = broker.registry.getActionEndpoints(action)?.hasLocal() ?? false));
    return known;
  }

  const call =
    (next: Call): Call =>
    (action, params, options) => {
      const untimed = selfLimiting.has(action) && options?.timeout === undefined && isLocal(action);
      if (!untimed || (options?.nodeID !== undefined && options.nodeID !== broker.nodeID)) return next(action, params, options);
      return next(action, params, options ? { ...options, ...UNTIMED } : UNTIMED);
    };

  return {
    name: "LocalCalls",
    created(created) {
      broker = created;
      broker.localBus.on("$services.changed", () => local.clear());
    },
    // Moleculer's type of this hook gives what a call returns instead of the call.
    call: call as unknown as Middleware["call"],
  };
}
