import type { Redis } from "ioredis";
import type { RevokedDevice } from "../accounts/devices.ts";
import type { RevocationFeed } from "../ephemeral.ts";

/** A stream of { user, device, at }. It goes when nothing was added for as long as an access token lives. */
const KEY = "revoked";
/** About so many are kept; more in the life of one access token are left to the event and the accounts. */
const MOST = 10_000;
const AT_ONCE = 1000;

/** Order is Redis's own, so that nodes whose clocks differ miss nothing of each other. */
export function redisRevocations(redis: Redis, lifeMs: number): RevocationFeed {
  let last = "0";
  return {
    async tell(devices) {
      const batch = redis.pipeline();
      for (const { userId, deviceId, revokedAt } of devices) {
        batch.xadd(KEY, "MAXLEN", "~", MOST, "*", "user", userId, "device", deviceId, "at", revokedAt.getTime());
      }
      await batch.pexpire(KEY, lifeMs).exec();
    },
    async news() {
      const found = await redis.xread("COUNT", AT_ONCE, "STREAMS", KEY, last);
      const [, entries = []] = found?.[0] ?? [];
      last = entries.at(-1)?.[0] ?? last;
      return entries.map(([, fields]) => revokedDevice(fields));
    },
  };
}

function revokedDevice([, userId = "", , deviceId = "", , at]: string[]): RevokedDevice {
  return { userId, deviceId, revokedAt: new Date(Number(at)) };
}
