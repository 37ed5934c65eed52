import type { z } from "zod";
import type { ActionName, EventName, Events, Params, Returns } from "../../contracts/caller.ts";

type Json = z.core.util.JSONType;
type Plain = string | number | boolean | null | undefined;

/** The parts of T that do not come out of JSON as they went in. */
type Stuck<T> = unknown extends T
  ? "anything"
  : [T] extends [Json | void]
    ? never
    : T extends Plain
      ? never
      : T extends bigint | symbol | ((...args: never[]) => unknown)
        ? T
        : T extends readonly (infer Item)[]
          ? Stuck<Item> | (undefined extends Item ? "undefined in a list" : never)
          : T extends object
            ? { [K in keyof T]-?: Stuck<T[K]> }[keyof T]
            : never;

type StuckActions = { [N in ActionName]: [Stuck<Params<N> | Returns<N>>] extends [never] ? never : N }[ActionName];
type StuckEvents = { [N in EventName]: [Stuck<Events[N]>] extends [never] ? never : N }[EventName];

type None<T extends never> = T;

/** Whatever services tell each other may cross nodes: it is text on the way. */
export type EveryActionTravels = None<StuckActions>;
export type EveryEventTravels = None<StuckEvents>;

export type PlainTravels = None<Stuck<{ a?: string; b: { c: number | null }[]; d: Record<string, boolean> } | undefined>>;
// @ts-expect-error a date arrives as text
export type DateIsStuck = None<Stuck<{ at: Date }>>;
// @ts-expect-error a map arrives empty
export type MapIsStuck = None<Stuck<{ seqs: Map<string, number> }>>;
// @ts-expect-error a set arrives empty
export type SetIsStuck = None<Stuck<Set<string>[]>>;
// @ts-expect-error bytes arrive as numbered fields
export type BytesAreStuck = None<Stuck<{ body: Uint8Array }>>;
// @ts-expect-error a function does not arrive
export type FunctionIsStuck = None<Stuck<{ then: () => void }>>;
// @ts-expect-error a bigint is refused
export type BigintIsStuck = None<Stuck<{ n: bigint }>>;
// @ts-expect-error undefined in a list arrives as null
export type HoleIsStuck = None<Stuck<{ list: (string | undefined)[] }>>;
// @ts-expect-error of what nothing is known nothing is promised
export type UnknownIsStuck = None<Stuck<{ data: unknown }>>;
