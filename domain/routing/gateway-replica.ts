import type { Route, RouteDelta, RouteDigest, RouteSnapshot } from "../../contracts/services/routing.ts";
import { RouteHash } from "./route-hash.ts";
import type { RouteIndex } from "./route-index.ts";

/** Deltas kept while a snapshot is awaited; beyond, the oldest go, and another snapshot may be needed. */
const MOST_HELD = 1000;

/**
 * One gateway's routes as a router knows them: what its numbered deltas add up to. After a gap or a digest that
 * differs it waits for a snapshot, serves what it has, and holds back the deltas that come meanwhile.
 */
export class GatewayReplica {
  readonly #nodeID: string;
  readonly #index: RouteIndex;
  #version = 0;
  #routes = 0;
  #hash = new RouteHash();
  readonly #users = new Set<string>();
  /** Deltas for after the snapshot; null while none is needed. */
  #held: RouteDelta[] | null = null;

  constructor(nodeID: string, index: RouteIndex) {
    this.#nodeID = nodeID;
    this.#index = index;
  }

  get version(): number {
    return this.#version;
  }

  get routes(): number {
    return this.#routes;
  }

  get needsSnapshot(): boolean {
    return this.#held !== null;
  }

  apply(delta: RouteDelta): void {
    const last = delta.fromVersion + delta.ops.length;
    if (last <= this.#version) return;
    if (delta.fromVersion > this.#version) this.#held ??= [];
    if (this.#held) hold(this.#held, delta);
    else this.#follow(delta, last);
  }

  /** A digest of an older version says nothing: only like is compared with like. */
  compare({ version, hash }: RouteDigest): void {
    if (version < this.#version) return;
    if (version > this.#version || hash !== this.#hash.toString()) this.#held ??= [];
  }

  /** It may have changes of which nobody told. */
  doubt(): void {
    this.#held ??= [];
  }

  /** Answers the users of whose routes it had not known. */
  restore({ version, routes }: RouteSnapshot): string[] {
    if (version < this.#version) return [];
    const known = new Set(this.#users);
    this.clear();
    for (const route of routes) this.#bind(route);
    const missed = [...this.#users].filter((userId) => !known.has(userId));
    this.#version = version;
    const held = (this.#held ?? []).sort((a, b) => a.fromVersion - b.fromVersion);
    this.#held = null;
    for (const delta of held) this.apply(delta);
    return missed;
  }

  /** Takes its routes out of the index. */
  clear(): void {
    for (const userId of this.#users) {
      const mine = this.#index.placesOf(userId).filter(({ nodeID }) => nodeID === this.#nodeID);
      for (const { deviceId } of mine) this.#index.remove(this.#nodeID, { userId, deviceId });
    }
    this.#users.clear();
    this.#hash = new RouteHash();
    this.#routes = 0;
  }

  /** The ops that are new; the delta may overlap what a snapshot brought. */
  #follow({ fromVersion, ops }: RouteDelta, last: number): void {
    for (let i = this.#version - fromVersion; i < ops.length; i++) {
      const op = ops[i];
      if (op?.op === "bind") this.#bind(op);
      else if (op) this.#unbind(op);
    }
    this.#version = last;
  }

  #bind(route: Route): void {
    if (!this.#index.add(this.#nodeID, route)) return;
    this.#users.add(route.userId);
    this.#hash.toggle(route);
    this.#routes++;
  }

  #unbind(route: Route): void {
    if (!this.#index.remove(this.#nodeID, route)) return;
    if (!this.#index.placesOf(route.userId).some(({ nodeID }) => nodeID === this.#nodeID)) this.#users.delete(route.userId);
    this.#hash.toggle(route);
    this.#routes--;
  }
}

function hold(held: RouteDelta[], delta: RouteDelta): void {
  held.push(delta);
  if (held.length > MOST_HELD) held.shift();
}
