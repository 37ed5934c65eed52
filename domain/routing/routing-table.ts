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
  /** The same of gateways that vanished a short while ago. What is for them has to wait. */
  away: Record<string, string[]>;
  /** Who has no gateway in `nodes`. */
  unreachable: string[];
  /** This node seems cut off: who is unreachable from here may well be online. */
  isolated: boolean;
}

/** Incarnations that went, and whose late news is not believed. */
const MOST_GONE = 1000;

/**
 * A replica of every gateway's routes. It does no I/O: what learns of a gateway answers whether that gateway's
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
  #cutOff = false;

  constructor(options: RoutingTableOptions) {
    this.#options = options;
  }

  apply(delta: RouteDelta): boolean {
    return this.#learn(delta.nodeID, (gateway) => gateway.apply(delta));
  }

  compare(digest: RouteDigest): boolean {
    return this.#learn(digest.nodeID, (gateway) => gateway.compare(digest));
  }

  /** Answers the users of whose routes there it had not known. */
  restore(snapshot: RouteSnapshot): string[] {
    let missed: string[] = [];
    this.#learn(snapshot.nodeID, (gateway) => {
      missed = gateway.restore(snapshot);
    });
    return missed;
  }

  /** There is such a gateway, and perhaps it has changes of which nobody told. */
  found(nodeID: string): boolean {
    return this.#learn(nodeID, (gateway) => gateway.doubt());
  }

  /** The node is there (again). A gateway that was away may have told others what it told nobody here. */
  connected(nodeID: string): boolean {
    this.#gone.delete(nodeID);
    return this.#suspects.delete(nodeID) && this.found(nodeID);
  }

  /** The node is not there any more. */
  disconnected(nodeID: string, now: number): void {
    if (!this.#gateways.has(nodeID)) this.#bury(nodeID);
    else if (!this.#suspects.has(nodeID)) this.#suspects.set(nodeID, now);
  }

  /** This node has lost its own connection: whatever it hears of others from now on says nothing about them. */
  cutOff(): void {
    this.#cutOff = true;
  }

  /** It has the connection back. Who is still away has a full grace to show up. */
  reconnected(now: number): void {
    this.#cutOff = false;
    for (const nodeID of this.#suspects.keys()) this.#suspects.set(nodeID, now);
  }

  /** Forgets the gateways that have been suspect for too long, and answers which those were. */
  expire(now: number): string[] {
    const grace = this.#isolated() ? this.#options.isolatedGraceMs : this.#options.graceMs;
    const due = [...this.#suspects].filter(([, since]) => now - since >= grace).map(([nodeID]) => nodeID);
    for (const nodeID of due) {
      this.#gateways.get(nodeID)?.clear();
      this.#gateways.delete(nodeID);
      this.#suspects.delete(nodeID);
      this.#bury(nodeID);
    }
    return due;
  }

  /** Where to send to reach these users. */
  resolve(userIds: readonly string[]): Resolved {
    const resolved: Resolved = { nodes: {}, away: {}, unreachable: [], isolated: this.#isolated() };
    for (const userId of userIds) {
      if (!this.#addTo(resolved, userId)) resolved.unreachable.push(userId);
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
  #addTo({ nodes, away }: Resolved, userId: string): boolean {
    let found = false;
    for (const { nodeID } of this.#index.placesOf(userId)) {
      const isAway = this.#suspects.has(nodeID);
      found ||= !isAway;
      const byNode = isAway ? away : nodes;
      const users = byNode[nodeID];
      if (!users) byNode[nodeID] = [userId];
      else if (users.at(-1) !== userId) users.push(userId);
    }
    return found;
  }

  #isolated(): boolean {
    return this.#cutOff || (this.#suspects.size > 1 && this.#suspects.size * 2 >= this.#gateways.size);
  }

  #bury(nodeID: string): void {
    this.#gone.add(nodeID);
    if (this.#gone.size > MOST_GONE) this.#gone.delete(this.#gone.values().next().value as string);
  }
}
