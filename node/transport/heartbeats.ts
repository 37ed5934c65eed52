import { Discoverers } from "moleculer";

const CHECK_MS = 1000;
/** A check so much late means that this process was stopped. */
const PAUSE_MS = 2000;

/**
 * Moleculer's discovery, that notices a silent node within a second of its time-out: its own looks once in each
 * time-out, so that a dead node may linger for twice as long. And who could not hear does not judge: after a pause
 * of this process, or of its connection, every node has the whole time-out again.
 */
export class Heartbeats extends Discoverers.Local {
  #checkedAt = 0;

  override startHeartbeatTimers(): void {
    super.startHeartbeatTimers();
    clearInterval(this.checkNodesTimer);
    this.#hearAfresh();
    this.checkNodesTimer = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  #check(): void {
    if (performance.now() - this.#checkedAt > CHECK_MS + PAUSE_MS) this.#hearAfresh();
    this.#checkedAt = performance.now();
    this.checkRemoteNodes();
  }

  #hearAfresh(): void {
    this.#checkedAt = performance.now();
    for (const node of this.registry.nodes.toArray()) if (!node.local) node.lastHeartbeatTime = Math.round(process.uptime());
  }
}
