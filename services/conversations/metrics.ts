import { Gauge, Histogram, type Registry } from "prom-client";
import type { MessageStore } from "../../stores/message-store.ts";

export interface CommitMetrics {
  /** A commit of so many entries succeeded. */
  committed(entries: number, ms: number): void;
  /** A send succeeded. */
  appended(ms: number): void;
}

export function storeMetrics(registry: Registry, { breaker }: MessageStore): void {
  new Gauge({
    name: "switchboard_store_breaker_open",
    help: "1 while the message store is not asked, as it did not answer lately",
    registers: [registry],
    collect() {
      this.set(breaker && breaker() !== "closed" ? 1 : 0);
    },
  });
}

export function commitMetrics(registry: Registry): CommitMetrics {
  const registers = [registry];
  const commitEntries = new Histogram({
    name: "switchboard_commit_entries",
    help: "Entries of one conversation in one commit",
    buckets: [0, 1, 2, 5, 10, 25, 50, 100],
    registers,
  });
  const commitSeconds = new Histogram({
    name: "switchboard_commit_seconds",
    help: "Time that a commit took the message store",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 5],
    registers,
  });
  const appendSeconds = new Histogram({
    name: "switchboard_append_seconds",
    help: "Time from a message's arrival at the owner of its conversation to the answer that it is durable",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2, 5],
    registers,
  });
  return {
    committed(entries, ms) {
      commitSeconds.observe(ms / 1000);
      commitEntries.observe(entries);
    },
    appended: (ms) => appendSeconds.observe(ms / 1000),
  };
}
