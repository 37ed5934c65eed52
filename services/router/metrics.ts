import { Counter, Gauge, type Registry } from "prom-client";

export interface RouterMetrics {
  deltas: Counter;
  snapshots: Counter;
  mismatches: Counter;
}

export function routerMetrics(registry: Registry, stats: () => { nodeID: string; routes: number }[]): RouterMetrics {
  new Gauge({
    name: "switchboard_router_routes",
    help: "Routes known, by gateway node",
    labelNames: ["node"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { nodeID, routes } of stats()) this.set({ node: nodeID }, routes);
    },
  });
  const counter = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
  return {
    deltas: counter("switchboard_router_deltas_total", "Route deltas received"),
    snapshots: counter("switchboard_router_snapshots_total", "Route snapshots fetched"),
    mismatches: counter("switchboard_router_digest_mismatches_total", "Route digests that showed something missing or wrong"),
  };
}
