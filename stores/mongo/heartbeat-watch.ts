import type { MongoClient } from "mongodb";
import type { Clock, Timer } from "../../contracts/clock.ts";

/** A server answers a streamed heartbeat after so long at the latest; it is the driver's own interval. */
const INTERVAL_MS = 10_000;

/**
 * Watches over the driver's heartbeats. Each is to succeed or to fail; one that does neither, because it was written in
 * the moment in which its connection ended, leaves the driver without that server for good.
 */
export class HeartbeatWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilent: () => void;
  /** By address of the server: what will say that nothing came of its heartbeat. */
  readonly #pending = new Map<string, Timer>();

  /** `onSilent` is told of each heartbeat that is not over `limitMs` after the driver ought to have ended it. */
  constructor(client: MongoClient, clock: Clock, limitMs: number, onSilent: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilent = onSilent;
    client.on("serverHeartbeatStarted", ({ connectionId, awaited }) => this.#started(connectionId, awaited));
    client.on("serverHeartbeatSucceeded", ({ connectionId }) => this.#over(connectionId));
    client.on("serverHeartbeatFailed", ({ connectionId }) => this.#over(connectionId));
    client.on("serverClosed", ({ address }) => this.#over(address));
  }

  stop(): void {
    for (const timer of this.#pending.values()) timer.cancel();
    this.#pending.clear();
  }

  #started(address: string, awaited: boolean): void {
    this.#over(address);
    const ms = this.#limitMs + (awaited ? INTERVAL_MS : 0);
    this.#pending.set(address, this.#clock.after(ms, this.#onSilent));
  }

  #over(address: string): void {
    this.#pending.get(address)?.cancel();
    this.#pending.delete(address);
  }
}
