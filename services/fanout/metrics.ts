import { Counter, Histogram, type Registry } from "prom-client";

export interface FanoutMetrics {
  batch: Histogram;
  deliveries: Counter;
  undelivered: Counter;
}

export function fanoutMetrics(registry: Registry): FanoutMetrics {
  const counter = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
  return {
    batch: new Histogram({
      name: "switchboard_fanout_batch_frames",
      help: "Frames in one call of a gateway",
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 1000],
      registers: [registry],
    }),
    deliveries: counter("switchboard_fanout_deliveries_total", "Frames that a gateway accepted"),
    undelivered: counter("switchboard_fanout_undelivered_total", "Frames that no gateway accepted"),
  };
}
