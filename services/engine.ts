import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { type BrokerOptions, Errors, type ServiceBroker, type ServiceSchema } from "moleculer";
import { Registry } from "prom-client";
import { uuidv7 } from "uuidv7";
import type { Config, ServiceName } from "../config.ts";
import { callerOf } from "../contracts/caller.ts";
import { systemClock } from "../contracts/clock.ts";
import { ChatError, type ErrorCode, type ErrorData } from "../contracts/errors.ts";
import { placement } from "../mixins/placement.ts";
import { embeddedStores } from "../stores/stores.ts";
import { authService } from "./auth/auth.service.ts";
import { conversationsService } from "./conversations/conversations.service.ts";
import type { Deps } from "./deps.ts";
import { fanoutService } from "./fanout/fanout.service.ts";
import { gatewayService } from "./gateway/gateway.service.ts";
import { groupsService } from "./groups/groups.service.ts";
import { offlineService } from "./offline/offline.service.ts";
import { opsService } from "./ops/ops.service.ts";
import { presenceService } from "./presence/presence.service.ts";
import { routerService } from "./router/router.service.ts";
import { usersService } from "./users/users.service.ts";

const factories: Record<ServiceName, (deps: Deps) => ServiceSchema> = {
  auth: authService,
  users: usersService,
  groups: groupsService,
  conversations: conversationsService,
  presence: presenceService,
  router: routerService,
  fanout: fanoutService,
  offline: offlineService,
  ops: opsService,
  gateway: gatewayService,
};

type PlainError = Parameters<Errors.Regenerator["restore"]>[0];

/** Gives a ChatError its class back after it crossed nodes. The base class would assign to what a ChatError derives. */
class ChatErrorRegenerator extends Errors.Regenerator {
  override restore(plain: PlainError, payload: Record<string, unknown>): Error {
    if (plain.name !== "ChatError") return super.restore(plain, payload);
    const { code, message, data }: { code?: unknown; message: string; data?: ErrorData } = plain;
    return new ChatError(code as ErrorCode, message, data ?? {});
  }
}

/** A node of the engine: broker options that create this node's services. `parts` replaces production parts. */
export function engineOptions(config: Config, parts: Partial<Deps> = {}): BrokerOptions {
  const stores = parts.stores ?? embeddedStores(config);
  return {
    nodeID: `${config.nodeId}~${randomBytes(4).toString("hex")}`,
    logger: { type: "Console", options: { level: config.logLevel, colors: false, moduleColors: false, formatter: "short" } },
    requestTimeout: 10_000,
    heartbeatInterval: 2,
    heartbeatTimeout: 6,
    metrics: false,
    tracking: { enabled: false },
    validator: false,
    errorRegenerator: new ChatErrorRegenerator(),
    middlewares: [placement()],
    created: (broker) => createServices(broker, { ...productionParts(broker, config), stores, ...parts }),
    started: (broker) => announce(broker, config),
    stopped: () => stores.close(),
  };
}

/** Tells a person where to look. */
function announce(broker: ServiceBroker, config: Config): void {
  broker.logger.info(`The data is in ${resolve(config.dataDir)}`);
  if (!config.services.includes("gateway")) return;
  const { server } = broker.getLocalService("gateway") as unknown as { server: Server };
  const { port } = server.address() as AddressInfo;
  broker.logger.info(`Open ${config.publicUrl ?? `http://localhost:${port}`} in a browser`);
}

function productionParts(broker: ServiceBroker, config: Config): Omit<Deps, "stores"> {
  return {
    config,
    clock: systemClock,
    caller: callerOf(broker),
    logger: (name) => broker.getLogger(name),
    nodeID: broker.nodeID,
    newId: uuidv7,
    metrics: new Registry(),
  };
}

function createServices(broker: ServiceBroker, deps: Deps): void {
  for (const name of deps.config.services) broker.createService(factories[name](deps));
}
