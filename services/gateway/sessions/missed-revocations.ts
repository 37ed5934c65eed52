import type { Caller, Events } from "../../../contracts/caller.ts";
import type { Clock, Timer } from "../../../contracts/clock.ts";
import { repeat } from "../../../domain/pacing/repeat.ts";

const TRY_EVERY_MS = 1000;
/** A connection is lost before that is noticed, and clocks of nodes may be so far apart. */
const MARGIN_MS = 600_000;

/**
 * While this node is cut off it hears of no revoked device, and holds its sockets on. So once it was, it asks, until it
 * is answered: the same devices again do no harm.
 */
export class MissedRevocations {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #onRevoked: (device: Events["auth.deviceRevoked"]) => void;
  #isCutOff = false;
  #since: number | undefined;
  #timer: Timer | undefined;

  constructor(caller: Caller, clock: Clock, onRevoked: (device: Events["auth.deviceRevoked"]) => void) {
    this.#caller = caller;
    this.#clock = clock;
    this.#onRevoked = onRevoked;
  }

  start(): void {
    this.#timer = repeat(
      this.#clock,
      TRY_EVERY_MS,
      () => this.#ask(),
      () => undefined,
    );
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** This node has lost its connection to the others. */
  cutOff(): void {
    this.#isCutOff = true;
    this.#since ??= this.#clock.now() - MARGIN_MS;
  }

  /** It has it back. */
  reconnected(): void {
    this.#isCutOff = false;
  }

  async #ask(): Promise<void> {
    if (this.#isCutOff || this.#since === undefined) return;
    const { devices } = await this.#caller.call("auth.revokedSince", { since: this.#since });
    // Cut off again meanwhile, it asks again.
    if (!this.#isCutOff) this.#since = undefined;
    for (const device of devices) this.#onRevoked(device);
  }
}
