import type { Results } from "./results.ts";

/**
 * How far a ratio may be above the committed one. Processor time and memory are steady; times depend on what else
 * the machine does, and their tails most of all.
 */
const BOUNDS: [pattern: RegExp, factor: number][] = [
  [/\.(cpu|rss|heap)\./, 1.35],
  [/\.evenCpu\./, 1.5],
  [/\.rate\./, 1.5],
  [/P?99\./i, 4],
  [/\.p95\./, 3],
  [/./, 2],
];
/** A ratio so small is never too large: below it lies the noise. */
const ALWAYS_GOOD = 1.1;

/** Compares with the committed ratios, tells of each, and answers whether all are within their bounds. */
export function check(measured: Results, committed: Results): boolean {
  let good = true;
  console.log("\nratio                          now    then   at most");
  for (const [part, { ratios }] of Object.entries(measured)) {
    for (const [name, ratio] of Object.entries(ratios)) {
      const before = committed[part]?.ratios[name];
      const most = before === undefined ? Number.POSITIVE_INFINITY : Math.max(ALWAYS_GOOD, before * factorOf(name));
      const within = ratio <= most;
      good &&= within;
      const columns = [ratio, before ?? Number.NaN, most].map((value) => value.toFixed(2).padStart(8)).join("");
      console.log(`${name.padEnd(26)}${columns}${within ? "" : "  TOO MUCH"}`);
    }
  }
  return good;
}

const factorOf = (name: string) => BOUNDS.find(([pattern]) => pattern.test(name))?.[1] ?? 1;
