import type { Route, RouteDelta, RouteDigest, RouteOp, RouteSnapshot } from "../../contracts/services/routing.ts";
import { RouteHash } from "./route-hash.ts";

/** So many changes go into one delta: it stays well below the megabyte that a transporter takes. */
const MOST_OPS = 2000;

/**
 * The routes of one gateway, and the numbered log of their changes that every router follows. Several sockets of
 * one device are one route: the first binds it, the last unbinds it.
 */
export class RouteLog {
  readonly #nodeID: string;
  /** Sockets by user and device. */
  readonly #sockets = new Map<string, Map<string, number>>();
  readonly #takenHash = new RouteHash();
  #taken = 0;
  #pending: RouteOp[] = [];

  /** `nodeID`: the broker's id of this gateway, the epoch of the log. */
  constructor(nodeID: string) {
    this.#nodeID = nodeID;
  }

  /** A socket of this device is here. */
  bind({ userId, deviceId }: Route): void {
    let devices = this.#sockets.get(userId);
    if (!devices) this.#sockets.set(userId, (devices = new Map()));
    const sockets = devices.get(deviceId) ?? 0;
    devices.set(deviceId, sockets + 1);
    if (sockets === 0) this.#pending.push({ op: "bind", userId, deviceId });
  }

  /** A socket that was bound is gone. */
  unbind({ userId, deviceId }: Route): void {
    const devices = this.#sockets.get(userId);
    const sockets = devices?.get(deviceId);
    if (!devices || !sockets) return;
    if (sockets > 1) {
      devices.set(deviceId, sockets - 1);
      return;
    }
    devices.delete(deviceId);
    if (devices.size === 0) this.#sockets.delete(userId);
    this.#pending.push({ op: "unbind", userId, deviceId });
  }

  /** Whether a socket of this user is here. */
  has(userId: string): boolean {
    return this.#sockets.has(userId);
  }

  /** The changes since the last one, the oldest first; null if there are none. After a rush it takes several. */
  takeDelta(): RouteDelta | null {
    if (this.#pending.length === 0) return null;
    const ops = this.#pending.splice(0, MOST_OPS);
    const delta = { nodeID: this.#nodeID, fromVersion: this.#taken, ops };
    this.#taken += ops.length;
    for (const op of ops) this.#takenHash.toggle(op);
    return delta;
  }

  /** What a router holds that has applied every delta taken so far. */
  digest(): RouteDigest {
    return { nodeID: this.#nodeID, version: this.#taken, hash: this.#takenHash.toString() };
  }

  /** All routes as they are now, changes not yet taken included. */
  snapshot(): RouteSnapshot {
    const routes: Route[] = [];
    for (const [userId, devices] of this.#sockets) {
      for (const deviceId of devices.keys()) routes.push({ userId, deviceId });
    }
    return { nodeID: this.#nodeID, version: this.#taken + this.#pending.length, routes };
  }
}
