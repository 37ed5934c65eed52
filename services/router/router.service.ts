import type { ServiceSchema } from "moleculer";
import { serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { RouteReplica } from "./route-replica.ts";

/** Who is where, without I/O. */
export function routerService(deps: Deps): ServiceSchema {
  const { clock } = deps;
  const replica = new RouteReplica(deps);
  const { table } = replica;
  return serviceSchema<"router">({
    name: "router",
    actions: {
      resolve: ({ userIds }) => table.resolve(userIds),
      where: ({ userId }) => [...table.where(userId)],
      stats: () => table.stats(),
    },
    events: {
      "$broker.started": () => replica.heard(),
      "route.changed": (delta) => replica.follow(delta),
      "route.digest": (digest) => replica.compare(digest),
      "$node.connected": ({ node }) => replica.connected(node.id),
      "$node.disconnected": ({ node }) => table.disconnected(node.id, clock.now()),
      "$transporter.disconnected": () => table.cutOff(),
      "$transporter.connected": () => table.reconnected(clock.now()),
    },
    started: () => replica.start(),
    async stopped() {
      replica.stop();
    },
  });
}
