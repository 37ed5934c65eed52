import type { BrokerOptions, Logger, ServiceBroker } from "moleculer";
import type { Config } from "../config.ts";

/**
 * Where a node's log lines go. At `info` the broker's own modules are heard from `warn` on: what they say of every
 * service that starts helps nobody who runs the engine. At `debug` and `trace` all of it is there.
 */
export function logging(level: Config["logLevel"]): BrokerOptions["logger"] {
  const levels = level === "info" ? { ENGINE: level, "ENGINE.**": level, "**": "warn" } : level;
  return { type: "Console", options: { level: levels, colors: false, moduleColors: false, formatter: "short" } };
}

/** A logger of our own, told from the broker's by its name. */
export function engineLogger(broker: ServiceBroker, name?: string): Logger {
  return broker.getLogger(name === undefined ? "engine" : `engine.${name}`);
}
