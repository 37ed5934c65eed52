import type { Logger } from "moleculer";
import { Counter, Gauge, type Registry } from "prom-client";
import type { Config } from "../config.ts";
import { memoryEphemeral } from "../stores/ephemeral.memory.ts";
import { type RedisWatch, redisEphemeral } from "../stores/ephemeral.redis.ts";
import type { Ephemeral } from "../stores/ephemeral.ts";

/** In Redis where the settings name one, else in this process. */
export function ephemeralOf({ redisUrl, accessTokenSeconds }: Config, logger: Logger, metrics: Registry): Ephemeral {
  if (!redisUrl) return memoryEphemeral();
  const lost = new Counter({
    name: "switchboard_redis_lost_total",
    help: "Times that Redis went away, or was not there to begin with",
    registers: [metrics],
  });
  const watch: RedisWatch = (isUp, cause) => {
    if (isUp) return logger.info("Redis is there: limits are shared by all nodes");
    lost.inc();
    logger.warn(`Redis is away; until it is back this node counts alone: ${cause?.message ?? "the connection was closed"}`);
  };
  const ephemeral = redisEphemeral(redisUrl, accessTokenSeconds * 1000, watch);
  new Gauge({
    name: "switchboard_redis_up",
    help: "Whether this node has a working connection to Redis",
    registers: [metrics],
    collect() {
      this.set(ephemeral.isUp ? 1 : 0);
    },
  });
  return ephemeral;
}
