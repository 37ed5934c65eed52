import { mix, stringHash } from "./string-hash.ts";

interface Candidate {
  nodeID: string;
  hash: number;
}

/**
 * Highest random weight: each node draws a number for the key, the highest owns it. Whoever knows the same nodes
 * names the same owner, and a node that comes or goes moves only the keys it gets or had, about 1/n of all.
 *
 * D. Thaler and C. V. Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM Transactions on
 * Networking 6(1), 1998.
 */
export class Rendezvous {
  readonly #candidates: Candidate[];

  constructor(nodeIDs: Iterable<string>) {
    this.#candidates = [...nodeIDs].sort().map((nodeID) => ({ nodeID, hash: stringHash(nodeID) }));
  }

  /** The one node there is, if it is just one. */
  get only(): string | undefined {
    return this.#candidates.length === 1 ? this.#candidates[0]?.nodeID : undefined;
  }

  has(nodeID: string): boolean {
    return this.#candidates.some((candidate) => candidate.nodeID === nodeID);
  }

  /**
   * Whom the first of `avoid` names is passed over; when that leaves nobody, whom the next one names, and so on, and in
   * the end nobody. Undefined only if there are no nodes.
   */
  owner(key: string, ...avoid: ((nodeID: string) => boolean)[]): string | undefined {
    const hash = stringHash(key);
    for (const passedOver of avoid) {
      const owner = this.#heaviest(hash, passedOver);
      if (owner !== undefined) return owner;
    }
    return this.#heaviest(hash);
  }

  #heaviest(keyHash: number, avoid?: (nodeID: string) => boolean): string | undefined {
    let owner: string | undefined;
    let highest = -1;
    for (const { nodeID, hash } of this.#candidates) {
      const weight = mix(keyHash ^ hash);
      if (weight <= highest || avoid?.(nodeID)) continue;
      owner = nodeID;
      highest = weight;
    }
    return owner;
  }
}
