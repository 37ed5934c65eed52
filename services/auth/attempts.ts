import type { RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "../../config.ts";
import { RateLimitedError } from "../../contracts/errors.ts";
import { networkOf } from "../../domain/account/network.ts";
import type { Ephemeral, Limiter } from "../../stores/ephemeral.ts";

const MINUTE = 60;
const HOUR = 3600;
/** One address may stand for many people. */
const PER_ADDRESS = 10;

/** Counts failed sign-ins by name and by address, and registrations by address; on all nodes together if they share Redis. */
export class Attempts {
  readonly #byName: Limiter;
  readonly #byAddress: Limiter;
  readonly #registrations: Limiter;
  readonly #on: boolean;

  constructor({ rateLimits, loginsPerMinute, registersPerHour }: Config, { limiter }: Ephemeral) {
    this.#on = rateLimits;
    this.#byName = limiter({ keyPrefix: "login name", points: loginsPerMinute, duration: MINUTE });
    this.#byAddress = limiter({ keyPrefix: "login address", points: loginsPerMinute * PER_ADDRESS, duration: MINUTE });
    this.#registrations = limiter({ keyPrefix: "register address", points: registersPerHour, duration: HOUR });
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
    if (result === null) await Promise.all(limits.map(({ limiter, key }) => spend(limiter, key)));
    else await refuse();
    return result;
  }

  /** Counts a registration; RATE_LIMITED when there were too many. */
  async countRegistration(address: string | undefined): Promise<void> {
    if (!this.#on || !address) return;
    await spend(this.#registrations, networkOf(address));
  }
}

async function refuseIfSpent(limiter: Limiter, key: string): Promise<void> {
  const state = await limiter.get(key);
  if (state && state.consumedPoints >= limiter.points) refuseFor(state);
}

/** Counts first and looks then, so that of many at once, on however many nodes, no more than the limit get through. */
async function spend(limiter: Limiter, key: string): Promise<void> {
  const state = await limiter.penalty(key);
  if (state.consumedPoints > limiter.points) refuseFor(state);
}

function refuseFor({ msBeforeNext }: RateLimiterRes): never {
  throw new RateLimitedError("Too many attempts", { retryAfterMs: Math.max(1, Math.ceil(msBeforeNext)) });
}
