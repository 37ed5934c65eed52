import type { Middleware } from "moleculer";
import { repeatableActions } from "../../contracts/repeatable-actions.ts";
import type { Call } from "../../mixins/remote-turns.ts";

/**
 * A call that was under way on a node that has gone is made again, once, if that does no harm; nobody has to hear
 * UNAVAILABLE because a node of several died. Turns of actors have their own way to the next one: see ActorPlacement.
 */
export function askedAgain(): Middleware {
  const call =
    (next: Call): Call =>
    (action, params, options) => {
      const asked = next(action, params, options);
      if (options?.nodeID !== undefined || !repeatableActions.has(action)) return asked;
      return asked.catch((error) => {
        if (!wasAbandoned(error)) throw error;
        return next(action, params, options);
      });
    };

  // Moleculer's type of this hook gives what a call returns instead of the call.
  return { name: "AskedAgain", call: call as unknown as Middleware["call"] };
}

/** The broker's word for what the node of a call that waits is gone. */
const wasAbandoned = (error: unknown) => error instanceof Error && error.name === "RequestRejectedError";
