import type { ServiceSchema } from "moleculer";
import { collectDefaultMetrics } from "prom-client";
import { serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { Readiness } from "./readiness.ts";

/** What whoever runs the server asks: metrics (Node's own too, event loop lag among them) and readiness. */
export function opsService({ metrics, stores, clock }: Deps): ServiceSchema {
  collectDefaultMetrics({ register: metrics });
  const readiness = new Readiness(
    {
      sql: async () => void (await (await stores.sql()).query("SELECT 1")),
      messages: async () => void (await (await stores.messages()).log.ping()),
    },
    clock,
  );
  return serviceSchema<"ops">({
    name: "ops",
    actions: {
      metrics: async () => ({ contentType: metrics.contentType, body: await metrics.metrics() }),
      readiness: async () => ({ notReady: await readiness.notReady() }),
    },
  });
}
