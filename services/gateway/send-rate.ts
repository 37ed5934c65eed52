import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "../../config.ts";
import { RateLimitedError } from "../../contracts/errors.ts";

/** Over so many seconds the burst above the steady rate may be spent once. */
const BURST_SECONDS = 10;

/** Changes and signals are lighter than messages, and may come so many times as often. */
const LIGHTER = 5;

/** How fast a device may send, over whatever transport. */
export interface SendRate {
  /** Takes one send; RATE_LIMITED says when to try again. */
  take(deviceId: string): Promise<void> | undefined;
  /** As `take`, for a change to a message, or for something that others are told and that is not kept. */
  takeLight(deviceId: string): Promise<void> | undefined;
}

export function sendRate({ rateLimits, sendsPerSecond, sendBurst }: Config): SendRate {
  if (!rateLimits) return { take: () => undefined, takeLight: () => undefined };
  return {
    take: bursty("send", sendsPerSecond, sendBurst),
    takeLight: bursty("light", LIGHTER * sendsPerSecond, LIGHTER * sendBurst),
  };
}

function bursty(keyPrefix: string, perSecond: number, atOnce: number): (deviceId: string) => Promise<void> {
  const steady = new RateLimiterMemory({ keyPrefix, points: perSecond, duration: 1 });
  const burst = new RateLimiterMemory({
    keyPrefix: `${keyPrefix} burst`,
    points: Math.max(0, atOnce - perSecond),
    duration: BURST_SECONDS,
  });
  const limiter = new BurstyRateLimiter(steady, burst);
  return async (deviceId) => {
    await limiter.consume(deviceId).catch(refuse);
  };
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason;
  throw new RateLimitedError("this device sends too fast", { retryAfterMs: Math.max(1, reason.msBeforeNext) });
}
