import type { Logger } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { RouteSnapshot } from "../../contracts/services/routing.ts";

const TIMEOUT_MS = 3000;

/**
 * Fetches gateways' snapshots, one at a time for each, and none twice between two calls of `again`: a gateway in
 * trouble is not asked in a loop.
 */
export class Snapshots {
  readonly #caller: Caller;
  readonly #logger: Logger;
  readonly #onSnapshot: (snapshot: RouteSnapshot) => void;
  readonly #fetching = new Set<string>();
  readonly #asked = new Set<string>();

  constructor(caller: Caller, logger: Logger, onSnapshot: (snapshot: RouteSnapshot) => void) {
    this.#caller = caller;
    this.#logger = logger;
    this.#onSnapshot = onSnapshot;
  }

  want(nodeID: string): void {
    if (this.#fetching.has(nodeID) || this.#asked.has(nodeID)) return;
    this.#fetching.add(nodeID);
    this.#asked.add(nodeID);
    void this.#fetch(nodeID);
  }

  /** Some time has passed: these are still wanted. */
  again(nodeIDs: string[]): void {
    this.#asked.clear();
    for (const nodeID of nodeIDs) this.want(nodeID);
  }

  async #fetch(nodeID: string): Promise<void> {
    try {
      this.#onSnapshot(await this.#caller.call("gateway.routes", {}, { nodeID, timeout: TIMEOUT_MS }));
    } catch (error) {
      this.#logger.debug(`the routes of ${nodeID} could not be fetched:`, error);
    }
    this.#fetching.delete(nodeID);
  }
}
