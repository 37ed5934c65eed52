import type { Logger } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../contracts/clock.ts";

const TIMEOUT_MS = 3000;
/** Users of one call. */
const USERS_PER_CALL = 5000;
/** Clocks of nodes may be so far apart, and news so late. */
const MARGIN_MS = 600_000;

/**
 * Users whose routes this node did not know for a while: what was sent from here then did not reach them. Their
 * gateway is asked to look again, until it has or is gone.
 */
export class Repairs {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By gateway: when its routes were last known to be complete. */
  readonly #complete = new Map<string, number>();
  readonly #waiting = new Map<string, { userIds: Set<string>; since?: number }>();

  constructor(caller: Caller, clock: Clock, logger: Logger) {
    this.#caller = caller;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** At this moment nothing is missing of that gateway. */
  complete(nodeID: string): void {
    this.#complete.set(nodeID, this.#clock.now());
  }

  forget(nodeID: string): void {
    this.#complete.delete(nodeID);
    this.#waiting.delete(nodeID);
  }

  /** These were missing up to now. */
  repaired(nodeID: string, missed: string[]): void {
    if (missed.length > 0) {
      const complete = this.#complete.get(nodeID);
      const waiting = this.#waiting.get(nodeID) ?? { userIds: new Set(), since: complete && complete - MARGIN_MS };
      for (const userId of missed) waiting.userIds.add(userId);
      this.#waiting.set(nodeID, waiting);
    }
    this.complete(nodeID);
  }

  /** Asks for what is waiting; called now and then. */
  tell(): void {
    for (const [nodeID, { userIds, since }] of this.#waiting) {
      this.#waiting.delete(nodeID);
      this.#ask(nodeID, [...userIds], since).catch((error) => {
        this.#logger.debug(`${nodeID} did not look again:`, error);
      });
    }
  }

  async #ask(nodeID: string, userIds: string[], since: number | undefined): Promise<void> {
    for (let i = 0; i < userIds.length; i += USERS_PER_CALL) {
      const some = userIds.slice(i, i + USERS_PER_CALL);
      try {
        await this.#caller.call("gateway.lookAgain", { userIds: some, since }, { nodeID, timeout: TIMEOUT_MS });
      } catch (error) {
        if (this.#complete.has(nodeID)) this.#keep(nodeID, userIds.slice(i), since);
        throw error;
      }
    }
  }

  #keep(nodeID: string, userIds: string[], since: number | undefined): void {
    const waiting = this.#waiting.get(nodeID);
    for (const userId of waiting?.userIds ?? []) userIds.push(userId);
    this.#waiting.set(nodeID, { userIds: new Set(userIds), since });
  }
}
