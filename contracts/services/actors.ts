import type { ActorActionName, ActorServices } from "../actor-actions.ts";
import type { ErrorCode, ErrorData } from "../errors.ts";
import type { RepeatableActionName, RepeatableServices } from "../repeatable-actions.ts";

export type TurnName = ActorActionName | RepeatableActionName;
type TurnServices = ActorServices & RepeatableServices;

/** A turn of an actor that lives on the node asked, or what any node can answer. `n` is the asker's own number for it. */
export interface AskedTurn {
  n: number;
  action: TurnName;
  params: TurnServices[TurnName]["params"];
}

/** What a turn threw, as it crosses nodes: with a `code` it was a ChatError. */
export interface TurnFailure {
  code?: ErrorCode;
  message: string;
  data?: ErrorData;
}

/** `moved`: the node takes no turns any more, and has not run this one. */
export type TurnAnswer = { n: number } & (
  | { value?: TurnServices[TurnName]["returns"] }
  | { failure: TurnFailure }
  | { moved: true }
);

/** How nodes run turns for each other, many in one call. `from` is the node that calls. */
export interface ActorsActions {
  /**
   * Runs the turns, and answers soon, whatever becomes of them: with answers for `from` that are ready, to these turns
   * or to earlier ones. The others follow, so that the slowest turn delays nothing but itself. Called by nodeID.
   */
  "actors.turns": { params: { from: string; turns: AskedTurn[] }; returns: { answers: TurnAnswer[] } };
  /** Answers that no call was there to take along. Called by nodeID. */
  "actors.answers": { params: { from: string; answers: TurnAnswer[] }; returns: void };
}
