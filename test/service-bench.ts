import { ServiceBroker, type ServiceSchema } from "moleculer";
import { Registry } from "prom-client";
import { uuidv7 } from "uuidv7";
import { loadConfig } from "../config.ts";
import {
  type ActionName,
  type Actions,
  type Caller,
  callerOf,
  type EventName,
  type Events,
  type Params,
} from "../contracts/caller.ts";
import { allHere } from "../domain/placement/placement.ts";
import type { Deps } from "../services/deps.ts";
import { memoryEphemeral } from "../stores/ephemeral.memory.ts";
import type { Ephemeral } from "../stores/ephemeral.ts";
import { type AccountsDatabase, accountsDatabase } from "./accounts-database.ts";
import { ManualClock } from "./manual-clock.ts";

/** What stands in for the services around those under test. */
export type Stubs = { [N in ActionName]?: (params: Params<N>) => Actions[N]["returns"] | Promise<Actions[N]["returns"]> };

export interface ServiceBench {
  caller: Caller;
  clock: ManualClock;
  database: AccountsDatabase;
  dataDir: string;
  /** Every call of a stubbed action, in order. */
  calls: { name: ActionName; params: unknown }[];
  /** Every event that was broadcast, in order. */
  events: { name: EventName; payload: unknown }[];
  /** A second node's worth of these services on the same database; shares stubs, clock and records. */
  another(...factories: ServiceFactory[]): Promise<{ caller: Caller; stop(): Promise<void> }>;
  stop(): Promise<void>;
}

type ServiceFactory = (deps: Deps) => ServiceSchema;

export interface BenchOptions {
  stubs?: Stubs;
  env?: Record<string, string>;
  /** Of each node its own. */
  ephemeral?: () => Ephemeral;
}

/** Real services on a real accounts database and a broker, with the services around them stubbed. */
export async function serviceBench(
  factories: ServiceFactory[],
  { stubs = {}, env = {}, ephemeral = memoryEphemeral }: BenchOptions = {},
): Promise<ServiceBench> {
  const database = await accountsDatabase();
  const clock = new ManualClock();
  const calls: ServiceBench["calls"] = [];
  const events: ServiceBench["events"] = [];
  const dataDir = `${database.folder}-data`;
  const config = loadConfig({ NODE_ENV: "test", RATE_LIMITS: "off", ...env, DATA_DIR: dataDir });

  async function node(made: ServiceFactory[]) {
    const broker = new ServiceBroker({ logger: false, validator: false });
    const caller = recording(callerOf(broker), events);
    const stores = { sql: async () => database.sql, messages: unused, close: async () => {} };
    const metrics = new Registry();
    const logger = (name: string) => broker.getLogger(name);
    const parts = { config, clock, caller, logger, nodeID: broker.nodeID, stores, metrics };
    const deps: Deps = { ...parts, newId: uuidv7, placement: allHere, ephemeral: ephemeral() };
    for (const factory of made) broker.createService(factory(deps));
    for (const schema of stubServices(stubs, calls)) broker.createService(schema);
    await broker.start();
    return { caller, stop: () => broker.stop() };
  }

  const first = await node(factories);
  return {
    caller: first.caller,
    clock,
    database,
    dataDir,
    calls,
    events,
    another: (...made) => node(made),
    async stop() {
      await first.stop();
      await database.remove();
    },
  };
}

const unused = () => Promise.reject(new Error("there are no messages on this bench"));

function recording(caller: Caller, events: ServiceBench["events"]): Caller {
  return {
    ...caller,
    broadcast<N extends EventName>(name: N, payload: Events[N]) {
      events.push({ name, payload });
      caller.broadcast(name, payload);
    },
  };
}

function stubServices(stubs: Stubs, calls: ServiceBench["calls"]): ServiceSchema[] {
  const services = new Map<string, ServiceSchema>();
  for (const [name, run] of Object.entries(stubs) as [ActionName, (params: unknown) => unknown][]) {
    const [service = "", verb = ""] = name.split(".");
    const schema = services.get(service) ?? { name: service, actions: {} };
    services.set(service, schema);
    Object.assign(schema.actions ?? {}, {
      [verb]: (ctx: { params: unknown }) => {
        calls.push({ name, params: ctx.params });
        return run(ctx.params);
      },
    });
  }
  return [...services.values()];
}
