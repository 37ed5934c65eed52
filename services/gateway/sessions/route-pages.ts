import { LRUCache } from "lru-cache";
import type { Params } from "../../../contracts/caller.ts";
import type { Clock } from "../../../contracts/clock.ts";
import { NotFoundError } from "../../../contracts/errors.ts";
import type { RoutePage, RouteSnapshot } from "../../../contracts/services/routing.ts";

/** Routes of one page: about 400 KB, below the megabyte of a transporter. */
const PAGE = 4000;
/** Snapshots of so many versions are kept for those who have begun to read them. */
const MOST_KEPT = 16;
const KEPT_MS = 10_000;

/** Hands out snapshots of this gateway's routes in parts, all parts of one as of one moment. */
export class RoutePages {
  readonly #take: () => RouteSnapshot;
  readonly #kept: LRUCache<number, RouteSnapshot>;

  constructor(take: () => RouteSnapshot, clock: Clock) {
    this.#take = take;
    const perf = { now: () => clock.now() };
    this.#kept = new LRUCache({ max: MOST_KEPT, ttl: KEPT_MS, ttlResolution: 0, perf });
  }

  page({ version, from = 0 }: Params<"gateway.routes">): RoutePage {
    const snapshot = version === undefined ? this.#take() : this.#kept.get(version);
    if (!snapshot) throw new NotFoundError("that snapshot is kept no more");
    const routes = snapshot.routes.slice(from, from + PAGE);
    const next = from + PAGE < snapshot.routes.length ? from + PAGE : undefined;
    if (next !== undefined) this.#kept.set(snapshot.version, snapshot);
    return { nodeID: snapshot.nodeID, version: snapshot.version, routes, next };
  }
}
