import type { LoggedEntry } from "../entry.ts";
import type { ServerData, ServerEvent } from "../socket-events.ts";
import type { GroupVersion } from "./routing.ts";

/** A committed entry, and who may have it. */
export interface FanoutEntry {
  type: "entry";
  entry: LoggedEntry;
  recipients: string[];
  /** They are all members of a group as of this version, and whom the entry removed. */
  group?: GroupVersion;
  exceptSession?: string;
}

type SignalOf<E extends ServerEvent> = {
  type: "signal";
  event: E;
  data: ServerData<E>;
  recipients: string[];
  exceptSession?: string;
  exceptDevice?: string;
  /** Of the recipients' sessions only this one. */
  onlySession?: string;
};

/** Something that is not in any log: told to who is there, and otherwise forgotten. */
export type FanoutSignal = { [E in ServerEvent]: SignalOf<E> }[ServerEvent];

export type FanoutItem = FanoutEntry | FanoutSignal;

export interface FanoutActions {
  /**
   * Takes the items, in order, and returns at once: they go out one frame per gateway node and tick, those of
   * one conversation in the order they came. OVERLOADED when the queue (bounded) is full; nothing is lost by
   * that, the log has every entry.
   */
  "fanout.publish": { params: { items: FanoutItem[] }; returns: void };
  /** Of one node: resolves when each gateway has acknowledged what was published there before, or has failed to. */
  "fanout.flush": { params: Record<string, never>; returns: void };
}
