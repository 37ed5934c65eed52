import { limits } from "../../../contracts/limits.ts";
import type { ServerData } from "../../../contracts/socket-events.ts";
import type { Deps } from "../../deps.ts";
import type { Session } from "./session.ts";

/** What a client is told first: who it is here, and the limits it has to keep. */
export function readyOf({ viewer }: Session, { config, clock, nodeID }: Deps): ServerData<"ready"> {
  const { heartbeatMs, frameBytes, sendsPerSecond, sendBurst, socketsPerUser } = config;
  return {
    ...viewer,
    nodeId: nodeID,
    serverTime: new Date(clock.now()).toISOString(),
    heartbeatMs,
    limits: { contentLength: limits.contentUnits, frameBytes, sendsPerSecond, burst: sendBurst, socketsPerUser },
  };
}
