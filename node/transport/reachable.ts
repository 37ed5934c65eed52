import type { Middleware, ServiceBroker } from "moleculer";
import { UnavailableError } from "../../contracts/errors.ts";

type Action = (ctx: unknown) => Promise<unknown>;
type Broadcast = (event: string, payload?: unknown, options?: object) => Promise<unknown>;

/**
 * While there is no connection to the other nodes, calls to them fail at once, and what is told to all nodes is
 * told to this one. The transporter would refuse as well, with a line in the log for each.
 */
export function reachable(): Middleware {
  let broker: ServiceBroker;
  const cutOff = () => broker.transit?.tx.connected === false;

  const remoteAction =
    (next: Action): Action =>
    (ctx) =>
      cutOff() ? Promise.reject(new UnavailableError("The other nodes cannot be reached at the moment")) : next(ctx);

  const broadcast =
    (next: Broadcast): Broadcast =>
    (event, payload, options) =>
      cutOff() ? broker.broadcastLocal(event, payload, options) : next(event, payload, options);

  return {
    name: "Reachable",
    created(created) {
      broker = created;
    },
    remoteAction: remoteAction as unknown as Middleware["remoteAction"],
    broadcast: broadcast as unknown as Middleware["broadcast"],
  };
}
