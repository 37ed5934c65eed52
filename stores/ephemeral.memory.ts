import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Ephemeral } from "./ephemeral.ts";

/** This process alone: it heard every event that it sent, and needs no second way to learn of it. */
export function memoryEphemeral(): Ephemeral {
  return {
    limiter: (options) => new RateLimiterMemory(options),
    revocations: { tell: async () => {}, news: async () => [] },
    isUp: true,
    close: async () => {},
  };
}
