import { Redis, type RedisOptions } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import type { Ephemeral } from "./ephemeral.ts";
import { redisRevocations } from "./redis/revocations.ts";

/** Told when the connection comes to work, and when it stops working. */
export type RedisWatch = (isUp: boolean, cause?: Error) => void;

export interface RedisPatience {
  /** A command is answered within this, or has failed. */
  commandMs: number;
  /** A connection that is silent for so long is cut. */
  silentMs: number;
}

const patienceInUse: RedisPatience = { commandMs: 200, silentMs: 300 };

/**
 * Nobody waits for Redis: a command has failed after a moment, and while there is no working connection it fails at
 * once. A server that stands still keeps its connections open, so one that is silent is cut; the next one does not
 * count as working before it has answered. Nothing is sent twice, as a counter would count twice.
 */
const optionsOf = ({ commandMs, silentMs }: RedisPatience): RedisOptions => ({
  keyPrefix: "switchboard:",
  connectionName: "switchboard",
  connectTimeout: 2000,
  commandTimeout: commandMs,
  socketTimeout: silentMs,
  disconnectTimeout: silentMs,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
});

/** Shared through Redis. Opens the connection, and opens it again for as long as it is not closed. */
export function redisEphemeral(url: string, lifeMs: number, watch: RedisWatch, patience = patienceInUse): Ephemeral {
  const redis = new Redis(url, optionsOf(patience));
  let cause: Error | undefined;
  let isUp: boolean | undefined;
  const turn = (up: boolean) => {
    if (up === isUp) return;
    isUp = up;
    watch(up, cause);
  };
  redis.on("error", (error) => {
    cause = error;
  });
  redis.on("ready", () => turn(true));
  redis.on("close", () => turn(false));
  return {
    limiter: (limit) =>
      new RateLimiterRedis({
        ...limit,
        storeClient: redis,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory(limit),
      }),
    revocations: redisRevocations(redis, lifeMs),
    get isUp() {
      return redis.status === "ready";
    },
    async close() {
      redis.removeAllListeners("close");
      redis.disconnect();
    },
  };
}
