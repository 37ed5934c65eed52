import type { IRateLimiterOptions, RateLimiterAbstract } from "rate-limiter-flexible";
import type { RevokedDevice } from "./accounts/devices.ts";

/** Counts by key within a window of time. Never rejects because of where it counts. */
export type Limiter = Pick<RateLimiterAbstract, "points" | "get" | "penalty">;
export type LimiterOptions = Required<Pick<IRateLimiterOptions, "keyPrefix" | "points" | "duration">>;

/**
 * Tells the nodes that missed an event which devices were signed out lately. Best effort: the truth is in the accounts.
 */
export interface RevocationFeed {
  tell(devices: RevokedDevice[]): Promise<void>;
  /** What any node told since this was last asked; the first time, whatever is still kept. */
  news(): Promise<RevokedDevice[]>;
}

/** What is short-lived and may be gone at any moment. With a server all nodes share it, without one each has its own. */
export interface Ephemeral {
  /** Each prefix once. While the server is away the node counts alone, at once. */
  limiter(options: LimiterOptions): Limiter;
  readonly revocations: RevocationFeed;
  /** Whether what should be shared is shared now. */
  readonly isUp: boolean;
  close(): Promise<void>;
}
