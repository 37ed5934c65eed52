import type { BrokerOptions, ServiceBroker } from "moleculer";
import { callerOf } from "../contracts/caller.ts";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { engineLogger } from "./logging.ts";

type EndingProcess = Pick<NodeJS.Process, "on" | "exit">;

/** Whoever told this process to end waits no longer, as a rule, than 30 s. */
const LIMIT_MS = 28_000;

/**
 * A process that SIGTERM or SIGINT ends in order, with 0: drained first, while it can still be called, then stopped.
 * Moleculer's own handlers stop at once, and would also answer the signal.
 */
export function endingInOrder(options: BrokerOptions, process: EndingProcess, clock: Clock = systemClock): BrokerOptions {
  return {
    ...options,
    skipProcessEventRegistration: true,
    created(broker) {
      options.created?.(broker);
      let ending: Promise<void> | undefined;
      for (const signal of ["SIGTERM", "SIGINT"] as const)
        process.on(signal, () => void (ending ??= end(broker, process, clock)));
    },
  };
}

async function end(broker: ServiceBroker, process: EndingProcess, clock: Clock): Promise<void> {
  clock.after(LIMIT_MS, () => {
    engineLogger(broker).warn("Not everything was finished in time; what was answered is on disk");
    process.exit(0);
  });
  await drain(broker);
  await broker.stop();
  process.exit(0);
}

/** A node that is only about to start has nothing to finish. */
async function drain(broker: ServiceBroker): Promise<void> {
  const { nodeID } = broker;
  const caller = callerOf(broker);
  if (!caller.offering("ops.drain").includes(nodeID)) return;
  await caller
    .call("ops.drain", {}, { nodeID, timeout: LIMIT_MS })
    .catch((error) => engineLogger(broker).warn("Could not drain:", error));
}
