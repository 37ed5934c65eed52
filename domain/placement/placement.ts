import type { ActorActionName } from "../../contracts/actor-actions.ts";

/** Where actors live, as the services that keep them see it. */
export interface Placement {
  /** There may be other nodes, now or later. */
  readonly clustered: boolean;
  /** There is no connection to them now. */
  readonly cutOff: boolean;
  /** Whether this node owns the actor of that key. Two nodes may differ about it for a moment. */
  isMine(action: ActorActionName, key: string): boolean;
  /** `listener` is called when some actors may have another owner than before. */
  onMoved(listener: () => void): void;
}

/** Of a process that is alone. */
export const allHere: Placement = {
  clustered: false,
  cutOff: false,
  isMine: () => true,
  onMoved: () => {},
};
