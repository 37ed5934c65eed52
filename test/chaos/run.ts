import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { everyFault, type FaultName } from "./plan.ts";
import { paceLine, verdictLines } from "./report.ts";
import { trial } from "./trial.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: `${Date.now() % 100_000}` },
    minutes: { type: "string", default: "5" },
    /** Comma separated, such as `core:pause,nats:kill`. */
    faults: { type: "string", default: everyFault.join(",") },
    people: { type: "string", default: "27" },
  },
});

const faults = values.faults.split(",").map((name) => {
  if (!everyFault.includes(name as FaultName)) throw new Error(`no such fault: ${name}; there are ${everyFault.join(", ")}`);
  return name as FaultName;
});
const began = performance.now();
const tell = (line: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);

const { plan, history, judgement } = await trial({
  seed: Number(values.seed),
  ms: Number(values.minutes) * 60_000,
  faults,
  pauseMs: 15_000,
  outageMs: 6000,
  people: Number(values.people),
  thinkMs: 1500,
  tell,
});
for (const line of [...verdictLines(judgement), paceLine(history.sends)]) console.log(line);
if (judgement.violations.length > 0) {
  const file = join(mkdtempSync(join(tmpdir(), "switchboard-chaos-")), "history.json");
  writeFileSync(
    file,
    JSON.stringify({ seed: values.seed, plan, history: { ...history, holders: [...history.holders] }, judgement }),
  );
  console.log(`Everything that was seen: ${file}`);
  process.exitCode = 1;
}
