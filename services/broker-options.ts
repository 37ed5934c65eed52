import { randomBytes } from "node:crypto";
import type { BrokerOptions } from "moleculer";
import type { Config } from "../config.ts";
import { ChatErrorRegenerator } from "../mixins/error-regenerator.ts";
import { Heartbeats } from "../mixins/heartbeats.ts";
import { localCalls } from "../mixins/local-calls.ts";
import { NatsTransporter } from "../mixins/nats-transporter.ts";
import { ActorPlacement } from "../mixins/placement.ts";
import { reachable } from "../mixins/reachable.ts";
import { staleRequests } from "../mixins/stale-requests.ts";
import { logging } from "./logging.ts";
import { natsAddress } from "./nats-address.ts";

/** Moleculer's type of it lacks the second one. */
const transit = { maxQueueSize: 20_000, serviceChangedDebounceTime: 100 };

/** How this node speaks to others. Every option that Moleculer leaves off or long is set here; why: decision 31. */
export function brokerOptions(config: Config, placement = new ActorPlacement()): BrokerOptions {
  return {
    // An incarnation: a node that comes back under its old name is another one.
    nodeID: `${config.nodeId}~${randomBytes(4).toString("hex")}`,
    logger: logging(config.logLevel),
    transporter: config.natsUrl ? new NatsTransporter(natsAddress(config, config.natsUrl), config.nodeId) : undefined,
    serializer: "JSON",
    requestTimeout: 10_000,
    heartbeatInterval: 2,
    heartbeatTimeout: 6,
    registry: { discoverer: new Heartbeats(), preferLocal: true },
    transit,
    retryPolicy: { enabled: false },
    circuitBreaker: { enabled: false },
    bulkhead: { enabled: false },
    metrics: false,
    tracking: { enabled: false },
    validator: false,
    errorRegenerator: new ChatErrorRegenerator(),
    middlewares: [localCalls(), placement.middleware, reachable(), staleRequests()],
  };
}
