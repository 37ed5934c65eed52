import type { Logger } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { RouteSnapshot } from "../../contracts/services/routing.ts";

const TIMEOUT_MS = 3000;

/**
 * Fetches gateways' snapshots, one at a time for each. A fetch that fails, or that does not satisfy, is tried
 * again at the next `retry`, so a gateway in trouble is not asked in a loop.
 */
export class Snapshots {
  readonly #caller: Caller;
  readonly #logger: Logger;
  /** Answers whether yet another one is needed. */
  readonly #onSnapshot: (snapshot: RouteSnapshot) => boolean;
  readonly #fetching = new Set<string>();
  #unsatisfied = new Set<string>();

  constructor(caller: Caller, logger: Logger, onSnapshot: (snapshot: RouteSnapshot) => boolean) {
    this.#caller = caller;
    this.#logger = logger;
    this.#onSnapshot = onSnapshot;
  }

  want(nodeID: string): void {
    if (this.#fetching.has(nodeID) || this.#unsatisfied.has(nodeID)) return;
    this.#fetching.add(nodeID);
    void this.#fetch(nodeID);
  }

  retry(): void {
    const again = this.#unsatisfied;
    this.#unsatisfied = new Set();
    for (const nodeID of again) this.want(nodeID);
  }

  /** The node is gone: there is nothing more to be had from it. */
  forget(nodeID: string): void {
    this.#unsatisfied.delete(nodeID);
  }

  async #fetch(nodeID: string): Promise<void> {
    let satisfied = false;
    try {
      satisfied = !this.#onSnapshot(await this.#caller.call("gateway.routes", {}, { nodeID, timeout: TIMEOUT_MS }));
    } catch (error) {
      this.#logger.debug(`the routes of ${nodeID} could not be fetched:`, error);
    }
    this.#fetching.delete(nodeID);
    if (!satisfied) this.#unsatisfied.add(nodeID);
  }
}
