import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Outcome } from "../parts/part.ts";

/** What came of a part, and what it was. */
export interface Told extends Outcome {
  says: string;
  /** Measures it again. */
  command: string;
}

/** By part. */
export type Results = Record<string, Told>;

const file = new URL("../results.json", import.meta.url);

/** As they were last committed, or measured since. */
export function readResults(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
}

export function writeResults(results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`);
}

/** What is no number is left out: nothing was measured there. */
function rounded(_: string, value: unknown): unknown {
  if (typeof value !== "number") return value;
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : undefined;
}
