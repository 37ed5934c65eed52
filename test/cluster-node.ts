import { tmpdir } from "node:os";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { Registry } from "prom-client";
import { loadConfig, type ServiceName } from "../config.ts";
import { type ActionName, type Actions, type Caller, callerOf, type EventName, type Params } from "../contracts/caller.ts";
import type { Clock } from "../contracts/clock.ts";
import { engineOptions } from "../node/engine.ts";
import { ManualClock } from "./manual-clock.ts";

/** What stands in for the services around those under test. */
export type Stubs = { [N in ActionName]?: (params: Params<N>) => Actions[N]["returns"] | Promise<Actions[N]["returns"]> };

export interface NodeOptions {
  /** Of the engine's own services. */
  services: ServiceName[];
  stubs?: Stubs;
  /** Events to write down. */
  hear?: EventName[];
  clock?: Clock;
  /** It meets no other node, and so starts sooner. */
  alone?: boolean;
  env?: Record<string, string>;
}

export interface ClusterNode {
  nodeID: string;
  broker: ServiceBroker;
  caller: Caller;
  /** The events that reached this node, in order. */
  heard: { name: string; payload: unknown }[];
  /** The value of one of its metrics, summed over labels. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

/** A real node of the engine with some of its services, on a network inside this process; it has no stores. */
export async function startNode({ services, stubs = {}, hear = [], clock, alone, env }: NodeOptions): Promise<ClusterNode> {
  const config = {
    ...loadConfig({ NODE_ENV: "test", NODE_ID: "test", HOST: "127.0.0.1", PORT: "0", DATA_DIR: tmpdir(), ...env }),
    services,
  };
  const metrics = new Registry();
  const none = () => Promise.reject(new Error("this node has no stores"));
  const stores = { sql: none, messages: none, close: async () => {} };
  const options = engineOptions(config, { clock: clock ?? new ManualClock(), metrics, stores });
  const broker = new ServiceBroker({ ...options, started: undefined, logger: false, transporter: alone ? undefined : "Fake" });
  const heard: ClusterNode["heard"] = [];
  const events = hear.map((name) => [name, (ctx: { params: unknown }) => void heard.push({ name, payload: ctx.params })]);
  broker.createService({ name: "listener", events: Object.fromEntries(events) });
  for (const schema of stubServices(stubs)) broker.createService(schema);
  await broker.start();
  return {
    nodeID: broker.nodeID,
    broker,
    caller: callerOf(broker),
    heard,
    metric: (name) => metricOf(metrics, name),
    stop: () => broker.stop(),
  };
}

function stubServices(stubs: Stubs): ServiceSchema[] {
  const services = new Map<string, ServiceSchema>();
  for (const [name, run] of Object.entries(stubs) as [ActionName, (params: unknown) => unknown][]) {
    const [service = "", verb = ""] = name.split(".");
    const schema = services.get(service) ?? { name: service, actions: {} };
    services.set(service, schema);
    Object.assign(schema.actions ?? {}, { [verb]: (ctx: { params: unknown }) => run(ctx.params) });
  }
  return [...services.values()];
}

/** The value of a metric, summed over its labels. */
export async function metricOf(metrics: Registry, name: string): Promise<number> {
  const metric = await metrics.getSingleMetric(name)?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

/** For a machine with much else to do: whoever waits for longer waits for nothing. */
const PATIENCE_MS = 30_000;

/** Resolves as soon as it is so; rejects if it is not to be. */
export async function until(condition: () => boolean | Promise<boolean>, ms = PATIENCE_MS): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never so: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

type Known = Pick<ClusterNode, "broker" | "nodeID">;

/** Resolves when each of these nodes knows the services of all the others. */
export async function acquainted(...nodes: Known[]): Promise<void> {
  const offered = ({ broker }: Known) => broker.services.map(({ name }) => name);
  for (const { broker } of nodes) {
    for (const other of nodes) {
      await until(() => offered(other).every((name) => broker.registry.hasService(name, other.nodeID)));
    }
  }
}
