import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { BrokerOptions, ServiceBroker, ServiceSchema } from "moleculer";
import { Registry } from "prom-client";
import type { Config, ServiceName } from "../config.ts";
import { callerOf } from "../contracts/caller.ts";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { ActorPlacement } from "../mixins/placement.ts";
import { authService } from "../services/auth/auth.service.ts";
import { conversationsService } from "../services/conversations/conversations.service.ts";
import type { Deps } from "../services/deps.ts";
import { fanoutService } from "../services/fanout/fanout.service.ts";
import { gatewayService } from "../services/gateway/gateway.service.ts";
import { groupsService } from "../services/groups/groups.service.ts";
import { offlineService } from "../services/offline/offline.service.ts";
import { opsService } from "../services/ops/ops.service.ts";
import { presenceService } from "../services/presence/presence.service.ts";
import { routerService } from "../services/router/router.service.ts";
import { usersService } from "../services/users/users.service.ts";
import type { Ephemeral } from "../stores/ephemeral.ts";
import { type Stores, storesOf } from "../stores/stores.ts";
import { brokerOptions } from "./broker-options.ts";
import { ClusterClock } from "./cluster-clock.ts";
import { chatConsole } from "./console/console.ts";
import { ephemeralOf } from "./ephemeral.ts";
import { engineLogger } from "./logging.ts";
import { newId } from "./new-id.ts";

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

/** A node of the engine: broker options that create this node's services. `parts` replaces production parts. */
export function engineOptions(config: Config, parts: Partial<Deps> = {}): BrokerOptions {
  const stores = parts.stores ?? storesOf(config);
  let ephemeral: Ephemeral | undefined;
  const placement = new ActorPlacement();
  const clock = clockOf(config, stores, parts.clock);
  const options = brokerOptions(config, placement);
  return {
    ...options,
    middlewares: [...(options.middlewares ?? []), { name: "Clock", starting: () => clock.start() }],
    replOptions: chatConsole((conversationId) => placement.ownerOf("conversations.append", conversationId), console.log),
    created(broker) {
      engineLogger(broker).info(`Switchboard ${config.version} starts as ${broker.nodeID}`);
      const deps = depsOf(broker, config, { placement, ...parts, stores, clock });
      ephemeral = deps.ephemeral;
      createServices(broker, deps);
    },
    started: (broker) => announce(broker, config),
    async stopped(broker) {
      clock.stop();
      await stores.close();
      await ephemeral?.close();
      engineLogger(broker).info("Stopped, and everything is on disk");
    },
  };
}

/** In a cluster all nodes go by one clock. */
function clockOf({ natsUrl, databaseUrl }: Config, stores: Stores, own: Clock = systemClock): ClusterClock {
  if (!natsUrl || !databaseUrl) return new ClusterClock(own);
  return new ClusterClock(own, async () => {
    const [row] = await (await stores.sql()).query<{ now: Date }>("SELECT clock_timestamp() AS now");
    return row?.now;
  });
}

/** Tells a person where to look. */
function announce(broker: ServiceBroker, config: Config): void {
  const logger = engineLogger(broker);
  if (!config.natsUrl) logger.info(`The data is in ${resolve(config.dataDir)}`);
  if (!config.services.includes("gateway")) return;
  const { server } = broker.getLocalService("gateway") as unknown as { server: Server };
  logger.info(`Open ${config.publicUrl ?? localUrl(server.address() as AddressInfo)} in a browser`);
}

function localUrl({ address, family, port }: AddressInfo): string {
  if (["0.0.0.0", "::", "127.0.0.1", "::1"].includes(address)) return `http://localhost:${port}`;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/** The production parts, but for those that are given. */
function depsOf(
  broker: ServiceBroker,
  config: Config,
  parts: Partial<Deps> & Pick<Deps, "stores" | "placement" | "clock">,
): Deps {
  const { metrics = new Registry() } = parts;
  return {
    config,
    caller: callerOf(broker),
    logger: (name) => engineLogger(broker, name),
    nodeID: broker.nodeID,
    newId,
    metrics,
    ephemeral: parts.ephemeral ?? ephemeralOf(config, engineLogger(broker, "redis"), metrics),
    ...parts,
  };
}

function createServices(broker: ServiceBroker, deps: Deps): void {
  // Whoever runs a node asks it about itself, whatever else it does.
  for (const name of new Set([...deps.config.services, "ops" as const])) broker.createService(factories[name](deps));
}
