import { medians } from "../load/statistics.ts";
import type { Figure, Outcome, Ratios } from "../parts/part.ts";

export interface Measure<K extends string> {
  key: K;
  unit: string;
  says: string;
  higherIsBetter?: true;
  /** Told, but not compared between runs: it says little as a ratio. */
  noRatio?: true;
}

export type Subjects<K extends string> = Record<string, Record<K, number>>;

/** Measures each subject in turn, several times, so that what else the machine does concerns all of them; the medians. */
export async function measured<S extends { name: string }, K extends string>(
  subjects: S[],
  rounds: number,
  measure: (subject: S) => Promise<Record<K, number>>,
): Promise<Subjects<K>> {
  const all = new Map<string, Record<K, number>[]>(subjects.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (const subject of subjects) all.get(subject.name)?.push(await measure(subject));
  }
  return Object.fromEntries([...all].map(([name, values]) => [name, medians(values)]));
}

/** The figures of a part, and the ratio of each subject to the one that is the measure of all. What does not concern a subject is NaN. */
export function outcome<K extends string>(part: string, subjects: Subjects<K>, floor: string, measures: Measure<K>[]): Outcome {
  const known = measures.filter(({ key }) => Object.values(subjects).some((subject) => !Number.isNaN(subject[key])));
  const figures = known.map((measure) => figure(part, subjects, measure));
  const ratios = known.map((measure, i) => (measure.noRatio ? {} : ratiosOf(figures[i] as Figure, floor, measure)));
  return { figures, ratios: Object.assign({}, ...ratios) };
}

function figure<K extends string>(part: string, subjects: Subjects<K>, { key, unit, says }: Measure<K>): Figure {
  const measured = Object.entries(subjects).map(([name, values]): [string, number] => [name, values[key]]);
  const values = Object.fromEntries(measured.filter(([, value]) => !Number.isNaN(value)));
  return { name: `${part}.${key}`, unit, says, values };
}

function ratiosOf({ name, values }: Figure, floor: string, { higherIsBetter }: Measure<string>): Ratios {
  const { [floor]: least = Number.NaN, ...others } = values;
  const ratio = (value: number) => (higherIsBetter ? least / value : value / least);
  return Object.fromEntries(Object.entries(others).map(([subject, value]) => [`${name}.${subject}`, ratio(value)]));
}
