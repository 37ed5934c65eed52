import type { Timer } from "../../contracts/clock.ts";
import type { RouteDelta, RouteDigest, RouteSnapshot } from "../../contracts/services/routing.ts";
import { RoutingTable } from "../../domain/routing/routing-table.ts";
import type { Deps } from "../deps.ts";
import { type RouterMetrics, routerMetrics } from "./metrics.ts";
import { Repairs } from "./repairs.ts";
import { Snapshots } from "./snapshots.ts";

const TICK_MS = 1000;
/** A gateway that vanished is back within this, or its routes go; presence has a grace of its own after that. */
const GRACE_MS = 10_000;
const ISOLATED_GRACE_MS = 300_000;

/** This node's replica of all gateways' routes, and what keeps it whole: deltas, digests, snapshots. */
export class RouteReplica {
  readonly table = new RoutingTable({ graceMs: GRACE_MS, isolatedGraceMs: ISOLATED_GRACE_MS });
  readonly #deps: Deps;
  readonly #metrics: RouterMetrics;
  readonly #repairs: Repairs;
  readonly #snapshots: Snapshots;
  #ticking: Timer | undefined;
  /** Whether everybody on this node hears of transitions. */
  #isHeard = false;

  constructor(deps: Deps) {
    const { caller, clock } = deps;
    const logger = deps.logger("router");
    this.#deps = deps;
    this.#metrics = routerMetrics(deps.metrics, () => this.table.stats());
    this.#repairs = new Repairs(caller, clock, logger);
    this.#snapshots = new Snapshots(caller, logger, (snapshot) => this.#restore(snapshot));
  }

  /** Learns what was there before this node. A gateway that does not answer now is asked again later. */
  async start(): Promise<void> {
    const { caller, clock, nodeID: me } = this.#deps;
    const others = caller.offering("gateway.routes").filter((nodeID) => nodeID !== me);
    await Promise.all(others.map((nodeID) => this.table.found(nodeID) && this.#snapshots.want(nodeID)));
    this.#ticking = clock.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#ticking?.cancel();
  }

  /** All services of this node listen. */
  heard(): void {
    this.#isHeard = true;
    this.#tellTransitions();
  }

  follow(delta: RouteDelta): void {
    this.#metrics.deltas.inc();
    if (this.table.apply(delta)) void this.#snapshots.want(delta.nodeID);
    this.#tellTransitions();
  }

  compare(digest: RouteDigest): void {
    if (!this.table.compare(digest)) {
      this.#repairs.complete(digest.nodeID);
      return;
    }
    this.#metrics.mismatches.inc();
    void this.#snapshots.want(digest.nodeID);
  }

  connected(nodeID: string): void {
    if (this.table.connected(nodeID)) void this.#snapshots.want(nodeID);
  }

  #restore(snapshot: RouteSnapshot): void {
    this.#metrics.snapshots.inc();
    const missed = this.table.restore(snapshot);
    // Before it served anybody nothing was sent with its help.
    if (this.#ticking) this.#repairs.repaired(snapshot.nodeID, missed);
    else this.#repairs.complete(snapshot.nodeID);
    this.#tellTransitions();
  }

  #tick(): void {
    const { caller, clock } = this.#deps;
    for (const nodeID of this.table.expire(clock.now())) {
      this.#repairs.forget(nodeID);
      caller.broadcastLocal("route.gone", { nodeID });
    }
    this.#tellTransitions();
    this.#snapshots.again(this.table.incomplete());
    this.#repairs.tell();
  }

  #tellTransitions(): void {
    if (!this.#isHeard) return;
    const transitions = this.table.takeTransitions();
    if (transitions.online.length === 0 && transitions.offline.length === 0) return;
    this.#deps.caller.broadcastLocal("route.transitions", transitions);
  }
}
