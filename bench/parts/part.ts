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

export interface Part {
  name: string;
  says: string;
  run(): Promise<Outcome>;
}
