import type { ServiceSchema } from "moleculer";
import type { Timer } from "../../contracts/clock.ts";
import { serviceSchema } from "../../contracts/service.ts";
import type { RouteDelta, RouteDigest, RouteSnapshot } from "../../contracts/services/routing.ts";
import { RoutingTable } from "../../domain/routing/routing-table.ts";
import type { Deps } from "../deps.ts";
import { routerMetrics } from "./metrics.ts";
import { Repairs } from "./repairs.ts";
import { Snapshots } from "./snapshots.ts";

const TICK_MS = 1000;
/** A gateway that vanished is back within this, or its routes go; presence has a grace of its own after that. */
const GRACE_MS = 10_000;
const ISOLATED_GRACE_MS = 300_000;

/** This node's replica of all gateways' routes: who is where, without I/O. */
export function routerService(deps: Deps): ServiceSchema {
  const { caller, clock } = deps;
  const logger = deps.logger("router");
  const table = new RoutingTable({ graceMs: GRACE_MS, isolatedGraceMs: ISOLATED_GRACE_MS });
  const metrics = routerMetrics(deps.metrics, () => table.stats());
  const repairs = new Repairs(caller, clock, logger);
  const snapshots = new Snapshots(caller, logger, restore);
  let ticking: Timer | undefined;
  /** Whether everybody on this node hears of transitions. */
  let isHeard = false;

  function tellTransitions(): void {
    if (!isHeard) return;
    const transitions = table.takeTransitions();
    if (transitions.online.length || transitions.offline.length) caller.broadcastLocal("route.transitions", transitions);
  }

  function restore(snapshot: RouteSnapshot): void {
    metrics.snapshots.inc();
    const missed = table.restore(snapshot);
    // Before it served anybody nothing was sent with its help.
    if (ticking) repairs.repaired(snapshot.nodeID, missed);
    else repairs.complete(snapshot.nodeID);
    tellTransitions();
  }

  function follow(delta: RouteDelta): void {
    metrics.deltas.inc();
    if (table.apply(delta)) void snapshots.want(delta.nodeID);
    tellTransitions();
  }

  function compare(digest: RouteDigest): void {
    if (!table.compare(digest)) {
      repairs.complete(digest.nodeID);
      return;
    }
    metrics.mismatches.inc();
    void snapshots.want(digest.nodeID);
  }

  function connected(nodeID: string): void {
    if (table.connected(nodeID)) void snapshots.want(nodeID);
  }

  function tick(): void {
    for (const nodeID of table.expire(clock.now())) {
      repairs.forget(nodeID);
      caller.broadcastLocal("route.gone", { nodeID });
    }
    tellTransitions();
    snapshots.again(table.incomplete());
    repairs.tell();
  }

  /** What was there before this node. A gateway that does not answer now is asked again later. */
  async function learnAll(): Promise<void> {
    const others = caller.offering("gateway.routes").filter((nodeID) => nodeID !== deps.nodeID);
    await Promise.all(others.map((nodeID) => table.found(nodeID) && snapshots.want(nodeID)));
  }

  return serviceSchema<"router">({
    name: "router",
    actions: {
      resolve: ({ userIds }) => table.resolve(userIds),
      where: ({ userId }) => [...table.where(userId)],
      stats: () => table.stats(),
    },
    events: {
      "$broker.started": () => {
        isHeard = true;
        tellTransitions();
      },
      "route.changed": follow,
      "route.digest": compare,
      "$node.connected": ({ node }) => connected(node.id),
      "$node.disconnected": ({ node }) => table.disconnected(node.id, clock.now()),
      "$transporter.disconnected": () => table.cutOff(),
      "$transporter.connected": () => table.reconnected(clock.now()),
    },
    async started() {
      await learnAll();
      ticking = clock.every(TICK_MS, tick);
    },
    async stopped() {
      ticking?.cancel();
    },
  });
}
