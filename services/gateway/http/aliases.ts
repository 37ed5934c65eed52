import type { IncomingMessage, ServerResponse } from "node:http";
import { NotFoundError } from "../../../contracts/errors.ts";
import { apiPrefix, type RouteName, routes } from "../../../contracts/rest/index.ts";
import { idempotencyKeys } from "../../../stores/accounts/idempotency.ts";
import type { Deps } from "../../deps.ts";
import { type ProbeAnswer, probes } from "../../probes.ts";
import type { LiveTransports } from "../live-transports.ts";
import type { MessageCommands } from "../messages.ts";
import { clientAddress } from "./client-address.ts";
import { type DispatchParts, dispatch } from "./dispatch.ts";
import { documents } from "./documents.ts";
import { eventStream } from "./event-stream.ts";
import { allHandlers } from "./handlers/index.ts";
import { IdempotentAnswers } from "./idempotent-answers.ts";
import type { EdgeHandler, EdgeRequest } from "./request.ts";
import { requestMetrics } from "./request-metrics.ts";
import { UnsentAnswers } from "./unsent-answers.ts";

type Alias = (req: EdgeRequest, res: ServerResponse, next: (error?: unknown) => void) => void;

/** Every address of the edge but the page's files, as `METHOD /path`; the first that matches wins. */
export function aliases(deps: Deps, messages: MessageCommands, live: LiveTransports): Record<string, Alias> {
  const parts = dispatchParts(deps, messages, live);
  const measured = requestMetrics(deps.metrics);
  const table: [string, EdgeHandler][] = [
    ...gets(probeHandlers(deps)),
    ...gets(documents(deps.config)),
    [`GET ${apiPrefix}/events`, eventStream(live, parts.verify)],
    ...rows((name) => measured(name, dispatch(name, parts))),
    ["* /api/*rest", nothingHere],
  ];
  return Object.fromEntries(table.map(([address, handler]) => [address, alias(handler)]));
}

function probeHandlers({ config, caller, nodeID }: Deps): Record<string, EdgeHandler> {
  const handler =
    (probe: () => Promise<ProbeAnswer>): EdgeHandler =>
    async (_, res) => {
      const { contentType, body } = await probe();
      res.writeHead(200, { "Content-Type": contentType, "Cache-Control": "no-store" }).end(body);
    };
  return Object.fromEntries(Object.entries(probes(config, caller, nodeID)).map(([path, probe]) => [path, handler(probe)]));
}

function dispatchParts(deps: Deps, messages: MessageCommands, live: LiveTransports): DispatchParts {
  const { caller, clock, stores, config } = deps;
  return {
    handlers: allHandlers(caller, messages, live),
    answers: new IdempotentAnswers(async () => idempotencyKeys(await stores.sql(), clock), clock),
    unsent: new UnsentAnswers(),
    addressOf: (req: IncomingMessage) => clientAddress(req, config.trustProxy),
    verify: (token) => caller.call("auth.verifyToken", { token, seen: true }),
  };
}

/** The REST table. What is spelled out comes before what has parameters: `/users/me` before `/users/:id`. */
function rows(handlerOf: (name: RouteName) => EdgeHandler): [string, EdgeHandler][] {
  const names = (Object.keys(routes) as RouteName[]).toSorted((a, b) => parameters(a) - parameters(b));
  return names.flatMap((name) => {
    const [method = "", path] = name.split(" ");
    const handler = handlerOf(name);
    return methodsFor(method).map((m): [string, EdgeHandler] => [`${m} ${apiPrefix}${path}`, handler]);
  });
}

const parameters = (name: string) => name.split(":").length;

const gets = (handlers: Record<string, EdgeHandler>) =>
  Object.entries(handlers).flatMap(([path, handler]) =>
    methodsFor("GET").map((method): [string, EdgeHandler] => [`${method} ${path}`, handler]),
  );

/** Whoever may GET may ask for the HEAD of it; Node leaves the body out. */
const methodsFor = (method: string) => (method === "GET" ? ["GET", "HEAD"] : [method]);

const nothingHere: EdgeHandler = () => {
  throw new NotFoundError("there is nothing at this address");
};

/** The router takes an error by `next`, and learns of the end of an answer from the response. */
function alias(handler: EdgeHandler): Alias {
  return (req, res, next) => {
    new Promise<void>((resolve) => resolve(handler(req, res))).catch(next);
  };
}
