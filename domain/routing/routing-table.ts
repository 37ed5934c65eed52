import type { RouteDelta, RouteDigest, RouteSnapshot } from "../../contracts/services/routing.ts";
import { GatewayReplica } from "./gateway-replica.ts";
import { type Place, RouteIndex, type Transitions } from "./route-index.ts";

export interface RoutingTableOptions {
  /** How long the routes of a gateway that vanished are kept, unused. */
  graceMs: number;
  /** The same when most gateways vanished at once: then rather this node is cut off. */
  isolatedGraceMs: number;
}

export interface Resolved {
  /** Users by gateway node. */
  nodes: Record<string, string[]>;
  unreachable: string[];
}

/** Incarnations that went, and whose late news is not believed. */
const MOST_GONE = 1000;

/**
 * A replica of every gateway's routes. It does no I/O: `apply` and `compare` answer whether that gateway's
 * snapshot is needed now, and whoever feeds the table fetches it.
 *
 * A gateway that vanished is *suspect*: nothing is sent to it, but its routes stay for a grace time, so that a
 * short break of the network tells nobody that everybody left. Only `connected` clears it.
 */
export class RoutingTable {
  readonly #options: RoutingTableOptions;
  readonly #index = new RouteIndex();
  readonly #gateways = new Map<string, GatewayReplica>();
  /** Since when. */
  readonly #suspects = new Map<string, number>();
  readonly #gone = new Set<string>();

  constructor(options: RoutingTableOptions) {
    this.#options = options;
  }

  apply(delta: RouteDelta): boolean {
    return this.#learn(delta.nodeID, (gateway) => gateway.apply(delta));
  }

  compare(digest: RouteDigest): boolean {
    return this.#learn(digest.nodeID, (gateway) => gateway.compare(digest));
  }

  restore(snapshot: RouteSnapshot): void {
    this.#learn(snapshot.nodeID, (gateway) => gateway.restore(snapshot));
  }

  /** The node is there (again). */
  connected(nodeID: string): void {
    this.#gone.delete(nodeID);
    this.#suspects.delete(nodeID);
  }

  /** The node is not there any more. */
  disconnected(nodeID: string, now: number): void {
    if (!this.#gateways.has(nodeID)) this.#bury(nodeID);
    else if (!this.#suspects.has(nodeID)) this.#suspects.set(nodeID, now);
  }

  /** Forgets the gateways that have been suspect for too long. */
  expire(now: number): void {
    const grace = this.#isolated() ? this.#options.isolatedGraceMs : this.#options.graceMs;
    for (const [nodeID, since] of this.#suspects) {
      if (now - since < grace) continue;
      this.#gateways.get(nodeID)?.clear();
      this.#gateways.delete(nodeID);
      this.#suspects.delete(nodeID);
      this.#bury(nodeID);
    }
  }

  /** Where to send to reach these users. Those of a suspect gateway are nowhere while this node seems cut off. */
  resolve(userIds: readonly string[]): Resolved {
    const resolved: Resolved = { nodes: {}, unreachable: [] };
    const isolated = this.#isolated();
    for (const userId of userIds) {
      const places = this.#index.placesOf(userId);
      if (!this.#addTo(resolved.nodes, userId, places) && !(isolated && places.length)) resolved.unreachable.push(userId);
    }
    return resolved;
  }

  where(userId: string): readonly Place[] {
    return this.#index.placesOf(userId);
  }

  /** Gateways that are there and whose snapshot is needed. */
  incomplete(): string[] {
    const all = [...this.#gateways].filter(([nodeID, { needsSnapshot }]) => needsSnapshot && !this.#suspects.has(nodeID));
    return all.map(([nodeID]) => nodeID);
  }

  stats(): { nodeID: string; routes: number; version: number }[] {
    return [...this.#gateways].map(([nodeID, { routes, version }]) => ({ nodeID, routes, version }));
  }

  /** Who got a first route or lost the last one since the last time. */
  takeTransitions(): Transitions {
    return this.#index.takeTransitions();
  }

  #learn(nodeID: string, step: (gateway: GatewayReplica) => void): boolean {
    if (this.#gone.has(nodeID)) return false;
    let gateway = this.#gateways.get(nodeID);
    if (!gateway) this.#gateways.set(nodeID, (gateway = new GatewayReplica(nodeID, this.#index)));
    step(gateway);
    return gateway.needsSnapshot;
  }

  /** The places of one user come together, so a repeated node shows as the last user in its list. */
  #addTo(nodes: Record<string, string[]>, userId: string, places: readonly Place[]): boolean {
    let found = false;
    for (const { nodeID } of places) {
      if (this.#suspects.has(nodeID)) continue;
      found = true;
      const users = nodes[nodeID];
      if (!users) nodes[nodeID] = [userId];
      else if (users.at(-1) !== userId) users.push(userId);
    }
    return found;
  }

  #isolated(): boolean {
    return this.#suspects.size > 1 && this.#suspects.size * 2 >= this.#gateways.size;
  }

  #bury(nodeID: string): void {
    this.#gone.add(nodeID);
    if (this.#gone.size > MOST_GONE) this.#gone.delete(this.#gone.values().next().value as string);
  }
}
