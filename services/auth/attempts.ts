import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Config } from "../../config.ts";
import { RateLimitedError } from "../../contracts/errors.ts";
import { networkOf } from "../../domain/account/network.ts";

const MINUTE = 60;
const HOUR = 3600;
/** One address may stand for many people. */
const PER_ADDRESS = 10;

/** Counts failed sign-ins by name and by address, and registrations by address. */
export class Attempts {
  readonly #byName: RateLimiterMemory;
  readonly #byAddress: RateLimiterMemory;
  readonly #registrations: RateLimiterMemory;
  readonly #on: boolean;

  constructor({ rateLimits, loginsPerMinute, registersPerHour }: Config) {
    this.#on = rateLimits;
    this.#byName = new RateLimiterMemory({ points: loginsPerMinute, duration: MINUTE });
    this.#byAddress = new RateLimiterMemory({ points: loginsPerMinute * PER_ADDRESS, duration: MINUTE });
    this.#registrations = new RateLimiterMemory({ points: registersPerHour, duration: HOUR });
  }

  /**
   * Runs a check of a password; `check` answers null if it is wrong. RATE_LIMITED when too many failed before, and
   * also when too many have failed meanwhile: guesses sent all at once learn no more than guesses sent in turn.
   */
  async guard<T>(name: string, address: string | undefined, check: () => Promise<T | null>): Promise<T | null> {
    if (!this.#on) return check();
    const limits = [
      { limiter: this.#byName, key: name },
      ...(address ? [{ limiter: this.#byAddress, key: networkOf(address) }] : []),
    ];
    const refuse = () => Promise.all(limits.map(({ limiter, key }) => refuseIfSpent(limiter, key)));
    await refuse();
    const result = await check();
    await refuse();
    if (result === null) await Promise.all(limits.map(({ limiter, key }) => limiter.penalty(key)));
    return result;
  }

  /** Counts a registration; RATE_LIMITED when there were too many. */
  async countRegistration(address: string | undefined): Promise<void> {
    if (!this.#on || !address) return;
    const network = networkOf(address);
    await refuseIfSpent(this.#registrations, network);
    await this.#registrations.penalty(network);
  }
}

async function refuseIfSpent(limiter: RateLimiterMemory, key: string): Promise<void> {
  const state = await limiter.get(key);
  if (state && state.consumedPoints >= limiter.points) {
    throw new RateLimitedError("Too many attempts", { retryAfterMs: Math.max(1, Math.ceil(state.msBeforeNext)) });
  }
}
