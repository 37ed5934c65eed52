import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "../../config.ts";
import { RateLimitedError } from "../../contracts/errors.ts";

/** Over so many seconds the burst above the steady rate may be spent once. */
const BURST_SECONDS = 10;

/** How fast a device may send, over whatever transport. */
export interface SendRate {
  /** Takes one send; RATE_LIMITED says when to try again. */
  take(deviceId: string): Promise<void>;
}

export function sendRate({ rateLimits, sendsPerSecond, sendBurst }: Config): SendRate {
  if (!rateLimits) return { take: async () => undefined };
  const steady = new RateLimiterMemory({ keyPrefix: "send", points: sendsPerSecond, duration: 1 });
  const burst = new RateLimiterMemory({
    keyPrefix: "burst",
    points: Math.max(0, sendBurst - sendsPerSecond),
    duration: BURST_SECONDS,
  });
  const limiter = new BurstyRateLimiter(steady, burst);
  return {
    async take(deviceId) {
      await limiter.consume(deviceId).catch(refuse);
    },
  };
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason;
  throw new RateLimitedError("this device sends too fast", { retryAfterMs: Math.max(1, reason.msBeforeNext) });
}
