import type { Logger } from "moleculer";
import { Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "../contracts/clock.ts";
import { ActorHost, type ActorHostOptions } from "../domain/actor/actor-host.ts";

/** What actors need of the node they live on. */
export interface ActorNode {
  clock: Clock;
  metrics: Registry;
  logger(name: string): Logger;
}

type Kind<A> = Pick<ActorHostOptions<A>, "activate" | "passivate"> &
  Partial<Pick<ActorHostOptions<A>, "idleMs" | "maxActive" | "maxMailbox">>;

/** The actors of one kind on this node, on its clock, with their metrics. */
export function actorHost<A>(node: ActorNode, kind: string, options: Kind<A>): ActorHost<A> {
  const logger = node.logger(kind);
  const turns = turnTime(node, kind);
  const host = new ActorHost<A>({
    idleMs: 60_000,
    maxActive: 4096,
    maxMailbox: 1000,
    ...options,
    clock: node.clock,
    onTurn: (ms) => turns.observe(ms / 1000),
    onPassivateFailed: (error, key) => logger.warn(`${kind} ${key} did not passivate cleanly:`, error),
  });
  gauge(node, `switchboard_${kind}_actors_active`, `Activations of ${kind} actors`, () => host.active);
  gauge(node, `switchboard_${kind}_turns_waiting`, `Turns that wait in mailboxes of ${kind} actors`, () => host.waiting);
  return host;
}

function turnTime({ metrics }: Pick<ActorNode, "metrics">, kind: string): Histogram {
  return new Histogram({
    name: `switchboard_${kind}_turn_seconds`,
    help: `Time of a turn of a ${kind} actor`,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2],
    registers: [metrics],
  });
}

function gauge({ metrics }: Pick<ActorNode, "metrics">, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [metrics],
    collect() {
      this.set(read());
    },
  });
}
