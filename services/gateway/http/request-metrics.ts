import type { ServerResponse } from "node:http";
import { Histogram, type Registry } from "prom-client";
import type { EdgeHandler } from "./request.ts";

/** Measures how long each row takes to answer, by status. */
export function requestMetrics(registry: Registry): (route: string, handler: EdgeHandler) => EdgeHandler {
  const seconds = new Histogram({
    name: "switchboard_http_request_seconds",
    help: "Time from a request to its answer, by row of the REST table",
    labelNames: ["route", "status"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
  return (route, handler) => (req, res) => {
    const begun = performance.now();
    res.once("close", () => seconds.observe({ route, status: statusOf(res) }, (performance.now() - begun) / 1000));
    return handler(req, res);
  };
}

/** A client that did not wait for the answer has a status of its own. */
const statusOf = (res: ServerResponse) => (res.writableFinished ? res.statusCode : 499);
