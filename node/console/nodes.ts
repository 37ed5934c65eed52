import type { Caller } from "../../contracts/caller.ts";
import { NotFoundError } from "../../contracts/errors.ts";

/** The nodes that are there now, by the names that people give them. */
export class Nodes {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Ids of all of them, by name. */
  get all(): string[] {
    return this.#caller.offering("ops.stats").toSorted();
  }

  /** The node of that NODE_ID, or of that id. NOT_FOUND, also for a name that several have. */
  named(name: string): string {
    const those = this.all.filter((nodeID) => nodeID === name || nodeID.startsWith(`${name}~`));
    if (those.length === 1) return those[0] as string;
    throw new NotFoundError(those.length ? `${name} is the name of ${those.join(" and ")}` : `there is no node ${name}`);
  }

  /** What each of them answers; one that fails says why. */
  async askAll<T>(ask: (nodeID: string) => Promise<T>): Promise<{ nodeID: string; answer?: T; failure?: string }[]> {
    return Promise.all(
      this.all.map((nodeID) =>
        ask(nodeID).then(
          (answer) => ({ nodeID, answer }),
          (error: Error) => ({ nodeID, failure: error.message }),
        ),
      ),
    );
  }
}
