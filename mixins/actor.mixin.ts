import { Gauge, Histogram } from "prom-client";
import { ActorHost, type ActorHostOptions } from "../domain/actor/actor-host.ts";
import type { Deps } from "../services/deps.ts";

type Kind<A> = Pick<ActorHostOptions<A>, "activate" | "passivate"> &
  Partial<Pick<ActorHostOptions<A>, "idleMs" | "maxActive" | "maxMailbox">>;

/** The actors of one kind on this node, on its clock, with their metrics. */
export function actorHost<A>(deps: Pick<Deps, "clock" | "metrics" | "logger">, kind: string, options: Kind<A>): ActorHost<A> {
  const logger = deps.logger(kind);
  const turns = turnTime(deps, kind);
  const host = new ActorHost<A>({
    idleMs: 60_000,
    maxActive: 4096,
    maxMailbox: 1000,
    ...options,
    clock: deps.clock,
    onTurn: (ms) => turns.observe(ms / 1000),
    onPassivateFailed: (error, key) => logger.warn(`${kind} ${key} did not passivate cleanly:`, error),
  });
  gauge(deps, `switchboard_${kind}_actors_active`, `Activations of ${kind} actors`, () => host.active);
  gauge(deps, `switchboard_${kind}_turns_waiting`, `Turns that wait in mailboxes of ${kind} actors`, () => host.waiting);
  return host;
}

function turnTime({ metrics }: Pick<Deps, "metrics">, kind: string): Histogram {
  return new Histogram({
    name: `switchboard_${kind}_turn_seconds`,
    help: `Time of a turn of a ${kind} actor`,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2],
    registers: [metrics],
  });
}

function gauge({ metrics }: Pick<Deps, "metrics">, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [metrics],
    collect() {
      this.set(read());
    },
  });
}
