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

  /** Resolves when it was fetched, or could not be. */
  async want(nodeID: string): Promise<void> {
    if (this.#fetching.has(nodeID) || this.#asked.has(nodeID)) return;
    this.#fetching.add(nodeID);
    this.#asked.add(nodeID);
    try {
      this.#onSnapshot(await this.#fetch(nodeID));
    } catch (error) {
      this.#logger.debug(`the routes of ${nodeID} could not be fetched:`, error);
    }
    this.#fetching.delete(nodeID);
  }

  /** Some time has passed: these are still wanted. */
  again(nodeIDs: string[]): void {
    this.#asked.clear();
    for (const nodeID of nodeIDs) void this.want(nodeID);
  }

  async #fetch(nodeID: string): Promise<RouteSnapshot> {
    const options = { nodeID, timeout: TIMEOUT_MS };
    const { next, ...snapshot } = await this.#caller.call("gateway.routes", {}, options);
    for (let from = next; from !== undefined; ) {
      const page = await this.#caller.call("gateway.routes", { version: snapshot.version, from }, options);
      for (const route of page.routes) snapshot.routes.push(route);
      from = page.next;
    }
    return snapshot;
  }
}
