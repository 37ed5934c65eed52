import type { Config } from "../../../config.ts";
import type { Caller } from "../../../contracts/caller.ts";
import { NotFoundError, UnavailableError } from "../../../contracts/errors.ts";
import { type EdgeHandler, sendAnswer } from "./request.ts";

/** For whoever runs the server. None of them asks who is asking. */
export function probes({ metrics }: Pick<Config, "metrics">, caller: Caller): Record<string, EdgeHandler> {
  return {
    "/healthz": (_, res) => sendAnswer(res, { status: 200, json: '{"status":"alive"}' }),
    async "/readyz"(_, res) {
      const { notReady } = await caller.call("ops.readiness", {});
      const errors = notReady.map((path) => ({ path, message: "is not ready" }));
      if (errors.length) throw new UnavailableError(`not ready: ${notReady.join(", ")}`, { errors });
      sendAnswer(res, { status: 200, json: '{"status":"ready"}' });
    },
    async "/metrics"(_, res) {
      if (!metrics) throw new NotFoundError("metrics are off");
      const { contentType, body } = await caller.call("ops.metrics", {});
      res.writeHead(200, { "Content-Type": contentType, "Cache-Control": "no-store" }).end(body);
    },
  };
}
