import type { Config } from "../config.ts";
import type { Caller } from "../contracts/caller.ts";
import { NotFoundError, UnavailableError } from "../contracts/errors.ts";

export interface ProbeAnswer {
  contentType: string;
  body: string;
}

/** For whoever runs this node: rejects with a ChatError. None of them asks who is asking. */
export type Probes = Record<"/healthz" | "/readyz" | "/metrics", () => Promise<ProbeAnswer>>;

const json = (answer: { status: string; degraded?: string[] }): ProbeAnswer => ({
  contentType: "application/json; charset=utf-8",
  body: JSON.stringify(answer),
});

/** What a node says of itself, through its edge or, without one, through a port for that alone. */
export function probes({ metrics }: Pick<Config, "metrics">, caller: Caller, nodeID: string): Probes {
  return {
    "/healthz": async () => json({ status: "alive" }),
    async "/readyz"() {
      const { notReady, degraded } = await caller.call("ops.readiness", {}, { nodeID });
      if (!notReady.length) return json({ status: "ready", ...(degraded.length && { degraded }) });
      const errors = notReady.map((path) => ({ path, message: "is not ready" }));
      throw new UnavailableError(`not ready: ${notReady.join(", ")}`, { errors });
    },
    async "/metrics"() {
      if (!metrics) throw new NotFoundError("metrics are off");
      return caller.call("ops.metrics", {}, { nodeID });
    },
  };
}
