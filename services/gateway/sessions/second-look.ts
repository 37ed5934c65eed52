import type { Logger } from "moleculer";
import type { Caller, Params } from "../../../contracts/caller.ts";
import type { Clock } from "../../../contracts/clock.ts";
import { EncodedFrame } from "./encoded-frame.ts";
import type { Recipients } from "./recipients.ts";

/** Users whose heads are read at a time. */
const AT_ONCE = 8;
/** What is on its way to them by now arrives within this. */
const SOON_MS = 1000;
/** Clocks of nodes may be so far apart. */
export const CLOCKS_APART_MS = 600_000;

/**
 * Tells users where their conversations end when something may have passed them by: a node did not know of their
 * sockets, or this one was cut off. The client that is behind syncs. Users wait at most once, so what waits is
 * bounded by who is here.
 */
export class SecondLook {
  readonly #recipients: Recipients;
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** From when on they may have missed something; 0: ever. */
  readonly #waiting = new Map<string, number>();
  #running = 0;
  #cutOffAt: number | undefined;

  constructor(recipients: Recipients, caller: Caller, clock: Clock, logger: Logger) {
    this.#recipients = recipients;
    this.#caller = caller;
    this.#clock = clock;
    this.#logger = logger;
  }

  lookAgain({ userIds = this.#recipients.users(), since = 0 }: Params<"gateway.lookAgain">): void {
    for (const userId of userIds) {
      if (this.#recipients.ofUser(userId).length === 0) continue;
      this.#waiting.set(userId, Math.min(since, this.#waiting.get(userId) ?? since));
    }
    this.#clock.after(SOON_MS, () => this.#begin());
  }

  /** This node has lost its connection to the others. */
  cutOff(): void {
    this.#cutOffAt ??= this.#clock.now();
  }

  /** It has it back. */
  reconnected(): void {
    if (this.#cutOffAt === undefined) return;
    this.lookAgain({ since: this.#cutOffAt - CLOCKS_APART_MS });
    this.#cutOffAt = undefined;
  }

  #begin(): void {
    for (; this.#running < AT_ONCE && this.#waiting.size > 0; this.#running++) void this.#work();
  }

  async #work(): Promise<void> {
    for (const [userId, since] of this.#waiting) {
      this.#waiting.delete(userId);
      await this.#look(userId, since).catch((error: unknown) => {
        this.#logger.warn(`no second look for ${userId}: ${String(error)}`);
      });
    }
    this.#running--;
  }

  async #look(userId: string, since: number): Promise<void> {
    if (this.#recipients.ofUser(userId).length === 0) return;
    const heads = await this.#caller.call("conversations.heads", { userId, since });
    if (Object.keys(heads).length > 0) this.#recipients.forward(EncodedFrame.of("heads", heads), { to: [userId] });
  }
}
