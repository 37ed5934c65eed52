import type { Target } from "../load/target.ts";
import type { Plan } from "../seed/seed.ts";

/** One thing that was measured, of each of several subjects: servers, protocols, sizes of data. */
export interface Figure {
  /** `<part>.<what>` */
  name: string;
  unit: string;
  says: string;
  values: Record<string, number>;
}

/** What is compared between runs: figures over others of the same run, so that the machine counts little. Lower is better. */
export type Ratios = Record<string, number>;

export interface Outcome {
  figures: Figure[];
  ratios: Ratios;
}

/** What a part compares. */
export interface Comparison {
  /** How often each is measured, in turn. */
  rounds: number;
  /** The target that is the measure of all others. */
  floor: string;
  /** Runs `measure` on all targets; those that keep something hold what the plan says. */
  over<T>(plan: Plan, measure: (targets: Target[]) => Promise<T>): Promise<T>;
}

export interface Part {
  name: string;
  says: string;
  run(): Promise<Outcome>;
}
