import type { Route } from "../../contracts/services/routing.ts";

/** Where one device of a user is. */
export interface Place {
  nodeID: string;
  deviceId: string;
}

export interface Transitions {
  /** Had no route, has one. */
  online: string[];
  /** Had a route, has none. */
  offline: string[];
}

const NOWHERE: readonly Place[] = [];

/** Who is where, over all gateways. A user has one or two places, so a short array is the cheapest index. */
export class RouteIndex {
  readonly #places = new Map<string, Place[]>();
  /** Users whose places changed since the last `takeTransitions`, and whether they had any before. */
  readonly #touched = new Map<string, boolean>();

  placesOf(userId: string): readonly Place[] {
    return this.#places.get(userId) ?? NOWHERE;
  }

  /** False if it was there already. */
  add(nodeID: string, { userId, deviceId }: Route): boolean {
    const places = this.#places.get(userId);
    if (places && find(places, nodeID, deviceId) >= 0) return false;
    this.#touch(userId, places !== undefined);
    if (places) places.push({ nodeID, deviceId });
    else this.#places.set(userId, [{ nodeID, deviceId }]);
    return true;
  }

  /** False if it was not there. */
  remove(nodeID: string, { userId, deviceId }: Route): boolean {
    const places = this.#places.get(userId);
    const index = places ? find(places, nodeID, deviceId) : -1;
    if (!places || index < 0) return false;
    this.#touch(userId, true);
    if (places.length === 1) this.#places.delete(userId);
    else places.splice(index, 1);
    return true;
  }

  /** Who came or went since the last time; who came and went again is in neither list. */
  takeTransitions(): Transitions {
    const transitions: Transitions = { online: [], offline: [] };
    for (const [userId, before] of this.#touched) {
      const now = this.#places.has(userId);
      if (now !== before) transitions[now ? "online" : "offline"].push(userId);
    }
    this.#touched.clear();
    return transitions;
  }

  #touch(userId: string, before: boolean): void {
    if (!this.#touched.has(userId)) this.#touched.set(userId, before);
  }
}

function find(places: Place[], nodeID: string, deviceId: string): number {
  return places.findIndex((place) => place.deviceId === deviceId && place.nodeID === nodeID);
}
