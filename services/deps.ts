import type { Logger } from "moleculer";
import type { Registry } from "prom-client";
import type { Config } from "../config.ts";
import type { Caller } from "../contracts/caller.ts";
import type { Clock } from "../contracts/clock.ts";
import type { Placement } from "../domain/placement/placement.ts";
import type { Ephemeral } from "../stores/ephemeral.ts";
import type { Stores } from "../stores/stores.ts";

/** What a service is made of. Production parts come from engine.ts; tests pass others. */
export interface Deps {
  config: Config;
  clock: Clock;
  caller: Caller;
  logger(name: string): Logger;
  /** Broker node id: an incarnation of this node. */
  nodeID: string;
  stores: Stores;
  ephemeral: Ephemeral;
  placement: Placement;
  /** A new UUIDv7. */
  newId(): string;
  /** The metrics of this process; each service registers its own. */
  metrics: Registry;
}
