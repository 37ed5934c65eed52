import type { AddressInfo } from "node:net";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { Registry } from "prom-client";
import { uuidv7 } from "uuidv7";
import { loadConfig } from "../../config.ts";
import { type ActionName, callerOf, type Params, type Returns } from "../../contracts/caller.ts";
import { systemClock } from "../../contracts/clock.ts";
import { UnauthenticatedError } from "../../contracts/errors.ts";
import { allHere } from "../../domain/placement/placement.ts";
import type { Deps } from "../../services/deps.ts";
import { httpEdge } from "../../services/gateway/http/edge.ts";
import type { LiveTransports } from "../../services/gateway/live-transports.ts";
import { messageCommands } from "../../services/gateway/messages.ts";
import { sendRate } from "../../services/gateway/send-rate.ts";
import { memoryEphemeral } from "../../stores/ephemeral.memory.ts";
import type { Ephemeral } from "../../stores/ephemeral.ts";
import type { Stores } from "../../stores/stores.ts";

/** What stands behind the edge: one function an action, so that a test can make each of them fail as it likes. */
export type Behind = { [N in ActionName]?: (params: Params<N>) => Promise<Returns<N>> | Returns<N> };

export interface Edge {
  url: string;
  port: number;
  /** What was written to the log as an error. */
  logged: string[];
  stop(): Promise<void>;
}

export interface EdgeParts {
  env?: Record<string, string>;
  behind?: Behind;
  live?: Partial<LiveTransports>;
  stores?: Partial<Stores>;
  ephemeral?: Ephemeral;
  /** Real services that stand behind it too. */
  services?: ((deps: Deps) => ServiceSchema)[];
}

/** The token `token-of-<user>` is good. */
const verifyToken = ({ token }: { token: string }) => {
  const userId = /^token-of-(\w+)$/.exec(token)?.[1];
  if (!userId) throw new UnauthenticatedError("the token is not good");
  return { userId, deviceId: `device-of-${userId}`, expiresAt: Number.MAX_SAFE_INTEGER };
};

/** The HTTP edge on a free port, with actions of the test's own behind it. */
export async function startEdge({ env, behind, live = {}, stores, ephemeral, services = [] }: EdgeParts = {}): Promise<Edge> {
  const config = loadConfig({ PORT: "0", HOST: "127.0.0.1", NODE_ENV: "test", ...env });
  const logged: string[] = [];
  const broker = new ServiceBroker({ logger: false, validator: false, metrics: false });
  const logger = { ...broker.getLogger("test"), error: (...words: unknown[]) => void logged.push(words.map(String).join(" ")) };
  const deps: Deps = {
    config,
    clock: systemClock,
    caller: callerOf(broker),
    logger: () => logger,
    nodeID: broker.nodeID,
    stores: {
      sql: () => Promise.reject(new Error("no accounts in this test")),
      messages: () => Promise.reject(new Error("no messages in this test")),
      close: async () => {},
      ...stores,
    },
    placement: allHere,
    newId: uuidv7,
    metrics: new Registry(),
    ephemeral: ephemeral ?? memoryEphemeral(),
  };
  const actions = { "auth.verifyToken": verifyToken, ...behind };
  for (const service of [...servicesOf(actions), ...services.map((factory) => factory(deps))]) broker.createService(service);
  const edge = httpEdge(deps, live as LiveTransports, messageCommands(deps.caller, sendRate(config)));
  const gateway = broker.createService({ name: "gateway", mixins: [ApiGateway], ...edge });
  await broker.start();
  const { port } = (gateway as unknown as { server: { address(): AddressInfo } }).server.address();
  return { url: `http://127.0.0.1:${port}`, port, logged, stop: () => broker.stop() };
}

function servicesOf(actions: Record<string, (params: never) => unknown>): ServiceSchema[] {
  const grouped = Object.groupBy(Object.entries(actions), ([name]) => name.split(".")[0] as string);
  return Object.entries(grouped).map(([name, entries = []]) => ({
    name,
    actions: Object.fromEntries(
      entries.map(([full, run]) => [
        full.slice(name.length + 1),
        { handler: (ctx: { params: unknown }) => run(ctx.params as never) },
      ]),
    ),
  }));
}

export const asAda = { Authorization: "Bearer token-of-ada" };

/** A request with a JSON body, by Ada unless `headers` say otherwise. */
export const json = (method: string, body: unknown, headers: Record<string, string> = asAda): RequestInit => ({
  method,
  headers: { "Content-Type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});
