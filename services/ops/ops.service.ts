import type { ServiceSchema } from "moleculer";
import { collectDefaultMetrics, type Registry } from "prom-client";
import { serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { probes } from "../probes.ts";
import { storeUsers } from "../store-users.ts";
import { Drain } from "./drain.ts";
import { ProbeServer } from "./probe-server.ts";
import { type Check, Readiness } from "./readiness.ts";

/** What whoever runs this node asks of it: metrics (Node's own too, event loop lag among them), readiness, its end. */
export function opsService(deps: Deps): ServiceSchema {
  const { caller, clock, config, metrics, nodeID } = deps;
  collectDefaultMetrics({ register: metrics });
  const drain = new Drain(deps);
  let cutOff = false;
  const readiness = new Readiness(
    {
      ...storeChecks(deps),
      cluster: async () => refuseIf(cutOff),
      draining: async () => refuseIf(drain.began),
    },
    clock,
  );
  const server = config.services.includes("gateway") ? undefined : new ProbeServer(probes(config, caller, nodeID));
  return serviceSchema<"ops">({
    name: "ops",
    actions: {
      metrics: async () => ({ contentType: metrics.contentType, body: await metrics.metrics() }),
      readiness: async () => ({ notReady: await readiness.notReady(), degraded: deps.ephemeral.isUp ? [] : ["redis"] }),
      drain: () => drain.run(),
      stats: async () => ({
        version: config.version,
        services: [...config.services],
        notReady: await readiness.notReady(),
        values: await valuesOf(metrics),
      }),
      end: () => void process.kill(process.pid, "SIGTERM"),
    },
    events: {
      "$transporter.connected": () => void (cutOff = false),
      "$transporter.disconnected": () => void (cutOff = true),
    },
    async started() {
      await server?.listen(config.port, config.host);
    },
    async stopped() {
      server?.close();
    },
  });
}

async function valuesOf(metrics: Registry): Promise<Record<string, number>> {
  const plain = (await metrics.getMetricsAsJSON()).filter(({ type }) => `${type}` === "gauge" || `${type}` === "counter");
  return Object.fromEntries(plain.map(({ name, values }) => [name, values.reduce((sum, { value }) => sum + value, 0)]));
}

/** Of the stores that this node's services open. */
function storeChecks({ config, stores }: Deps): Record<string, Check> {
  const opens = (name: keyof typeof storeUsers) => storeUsers[name].some((service) => config.services.includes(service));
  return {
    ...(opens("sql") && { sql: async () => void (await (await stores.sql()).query("SELECT 1")) }),
    ...(opens("messages") && { messages: async () => void (await (await stores.messages()).log.ping()) }),
  };
}

function refuseIf(wrong: boolean): void {
  if (wrong) throw new Error("not ready");
}
