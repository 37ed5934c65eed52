import type { ServiceSchema } from "moleculer";
import type { Timer } from "../../contracts/clock.ts";
import { serviceSchema } from "../../contracts/service.ts";
import { RoutingTable } from "../../domain/routing/routing-table.ts";
import type { Deps } from "../deps.ts";
import { routerMetrics } from "./metrics.ts";
import { Snapshots } from "./snapshots.ts";

const TICK_MS = 1000;
/** A gateway that vanished is back within this, or its routes go; presence has a grace of its own after that. */
const GRACE_MS = 10_000;
const ISOLATED_GRACE_MS = 300_000;

/** This node's replica of all gateways' routes: who is where, without I/O. */
export function routerService(deps: Deps): ServiceSchema {
  const { caller, clock } = deps;
  const table = new RoutingTable({ graceMs: GRACE_MS, isolatedGraceMs: ISOLATED_GRACE_MS });
  const metrics = routerMetrics(deps.metrics, () => table.stats());
  const snapshots = new Snapshots(caller, deps.logger("router"), (snapshot) => {
    metrics.snapshots.inc();
    table.restore(snapshot);
    tellTransitions();
  });
  let ticking: Timer | undefined;

  function tellTransitions(): void {
    const transitions = table.takeTransitions();
    if (transitions.online.length || transitions.offline.length) caller.broadcastLocal("route.transitions", transitions);
  }

  function tick(): void {
    table.expire(clock.now());
    tellTransitions();
    snapshots.again(table.incomplete());
  }

  return serviceSchema<"router">({
    name: "router",
    actions: {
      resolve: ({ userIds }) => table.resolve(userIds),
      where: ({ userId }) => [...table.where(userId)],
      stats: () => table.stats(),
    },
    events: {
      "route.changed": (delta) => {
        metrics.deltas.inc();
        if (table.apply(delta)) snapshots.want(delta.nodeID);
        tellTransitions();
      },
      "route.digest": (digest) => {
        if (!table.compare(digest)) return;
        metrics.mismatches.inc();
        snapshots.want(digest.nodeID);
      },
      "$node.connected": ({ node }) => table.connected(node.id),
      "$node.disconnected": ({ node }) => table.disconnected(node.id, clock.now()),
    },
    async started() {
      ticking = clock.every(TICK_MS, tick);
    },
    async stopped() {
      ticking?.cancel();
    },
  });
}
