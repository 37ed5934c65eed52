import type { Route } from "../../contracts/services/routing.ts";
import { stringHash } from "../placement/string-hash.ts";

/** Any other start gives a second, independent half. */
const SECOND_SEED = 0x5bd1e995;

/**
 * A hash of a set of routes that does not depend on their order and is kept up to date a route at a time.
 * 64 bits, so that by chance alone no two sets will ever agree.
 */
export class RouteHash {
  #high = 0;
  #low = 0;

  /** The route was added to the set, or taken out of it. */
  toggle({ userId, deviceId }: Route): void {
    const text = `${userId} ${deviceId}`;
    this.#high ^= stringHash(text);
    this.#low ^= stringHash(text, SECOND_SEED);
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

const hex = (bits: number) => (bits >>> 0).toString(16).padStart(8, "0");
