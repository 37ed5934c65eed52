import type { Caller } from "../../../contracts/caller.ts";
import type { Clock, Timer } from "../../../contracts/clock.ts";
import type { Route, RouteSnapshot } from "../../../contracts/services/routing.ts";
import { RouteLog } from "../../../domain/routing/route-log.ts";

/** After a change was told, the next ones gather for so long. */
const GATHER_MS = 5;

/** The routes of this gateway, and the telling of their changes: the first at once, what follows in batches. */
export class RoutePublisher {
  readonly #log: RouteLog;
  readonly #caller: Caller;
  readonly #clock: Clock;
  #gathering: Timer | undefined;
  #told: Promise<void> | undefined;
  #tellTold: (() => void) | undefined;

  constructor(nodeID: string, caller: Caller, clock: Clock) {
    this.#log = new RouteLog(nodeID);
    this.#caller = caller;
    this.#clock = clock;
  }

  bind(route: Route): void {
    this.#log.bind(route);
    this.#changed();
  }

  unbind(route: Route): void {
    this.#log.unbind(route);
    this.#changed();
  }

  snapshot(): RouteSnapshot {
    return this.#log.snapshot();
  }

  /** Lets routers find out whether they missed something. */
  tellDigest(): void {
    this.#caller.broadcast("route.digest", this.#log.digest());
  }

  /** Resolves when all changes up to now have been told. */
  async told(): Promise<void> {
    await this.#told;
  }

  /** Tells what has gathered. */
  flush(): void {
    this.#gathering?.cancel();
    this.#gathering = undefined;
    this.#tell();
  }

  #changed(): void {
    if (!this.#gathering) {
      this.#tell();
      return;
    }
    this.#told ??= new Promise((resolve) => {
      this.#tellTold = resolve;
    });
  }

  #tell(): void {
    let delta = this.#log.takeDelta();
    if (delta) this.#gathering = this.#clock.after(GATHER_MS, () => this.flush());
    for (; delta; delta = this.#log.takeDelta()) this.#caller.broadcast("route.changed", delta);
    this.#tellTold?.();
    this.#told = this.#tellTold = undefined;
  }
}
