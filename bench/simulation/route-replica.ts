import { RoutingTable } from "../../domain/routing/routing-table.ts";
import type { Packet, RouteWorld } from "./route-world.ts";

/** A router of the simulated network: it reads what comes as a transporter would hand it over, and counts. */
export class RouteReplica {
  readonly table = new RoutingTable({ graceMs: 10_000, isolatedGraceMs: 300_000 });
  deltas = 0;
  bytes = 0;
  /** The next so many deltas do not arrive. */
  lose = 0;
  /** Gateways whose snapshots it needs. */
  readonly wanted = new Set<string>();

  receive({ event, text }: Packet): void {
    if (event === "route.changed") {
      if (this.lose > 0) {
        this.lose--;
        return;
      }
      this.deltas++;
      this.bytes += text.length;
    }
    const payload = JSON.parse(text);
    const needsSnapshot = event === "route.changed" ? this.table.apply(payload) : this.table.compare(payload);
    this.table.takeTransitions();
    if (needsSnapshot) this.wanted.add(payload.nodeID);
  }

  /** Fetches what it needs; the bytes that took. */
  repair(world: RouteWorld): number {
    let bytes = 0;
    for (const nodeID of this.wanted) {
      const text = JSON.stringify(world.snapshot(nodeID));
      bytes += text.length;
      this.table.restore(JSON.parse(text));
    }
    this.wanted.clear();
    return bytes;
  }
}
