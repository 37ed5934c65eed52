import { randomBytes } from "node:crypto";
import type { BrokerOptions } from "moleculer";
import type { Config } from "../config.ts";
import { ActorPlacement } from "../mixins/placement.ts";
import { logging } from "./logging.ts";
import { ChatErrorRegenerator } from "./transport/error-regenerator.ts";
import { Heartbeats } from "./transport/heartbeats.ts";
import { localCalls } from "./transport/local-calls.ts";
import { natsAddress } from "./transport/nats-address.ts";
import { NatsTransporter } from "./transport/nats-transporter.ts";
import { reachable } from "./transport/reachable.ts";
import { staleRequests } from "./transport/stale-requests.ts";

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
