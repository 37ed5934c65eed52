import type { ServiceName } from "../../config.ts";
import type { Deps } from "../deps.ts";

/** What is not finished by then is cut off: nothing that was answered depends on it. */
const LIMIT_MS = 20_000;

/** First those who ask, then those who answer, then the way from these to gateways elsewhere. */
const steps = ["gateway.drain", "conversations.drain", "fanout.flush"] as const;

/** The way out of this node: nothing new comes to it, its clients go elsewhere, what is under way is finished. */
export class Drain {
  readonly #deps: Pick<Deps, "caller" | "clock" | "config" | "logger" | "nodeID">;
  #done: Promise<void> | undefined;

  constructor(deps: Pick<Deps, "caller" | "clock" | "config" | "logger" | "nodeID">) {
    this.#deps = deps;
  }

  get began(): boolean {
    return this.#done !== undefined;
  }

  /** Whoever asks again waits for the same. */
  run(): Promise<void> {
    this.#done ??= this.#leave();
    return this.#done;
  }

  async #leave(): Promise<void> {
    const { caller, config } = this.#deps;
    caller.broadcast("node.draining", {});
    for (const action of steps) {
      if (config.services.includes(action.split(".")[0] as ServiceName)) await this.#finish(action);
    }
  }

  async #finish(action: (typeof steps)[number]): Promise<void> {
    const { caller, logger, nodeID } = this.#deps;
    await caller.call(action, {}, { nodeID, timeout: LIMIT_MS }).catch((error) => logger("drain").warn(`${action}:`, error));
  }
}
