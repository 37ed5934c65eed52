import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Outcome } from "../parts/part.ts";

/** By part. */
export type Results = Record<string, Outcome>;

const file = new URL("../results.json", import.meta.url);

/** As they were last committed, or measured since. */
export function readResults(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
}

export function writeResults(results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`);
}

const rounded = (_: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(3)) : value);
