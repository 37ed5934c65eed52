import { expect, test } from "@jest/globals";
import { describeWith } from "../servers/describe-with.ts";
import { everyFault } from "./plan.ts";
import { verdictLines } from "./report.ts";
import { trial } from "./trial.ts";

const seed = Number(process.env.CHAOS_SEED ?? 7);

describeWith(
  "nats",
  "redis",
  "postgres",
  "mongo",
)("a cluster of two gateways and two cores, one with its clock five minutes off", () => {
  test(`keeps, in order and once, all that it acknowledges to thirty devices while everything breaks (seed ${seed})`, async () => {
    const told: string[] = [];
    const { judgement } = await trial({
      seed,
      ms: 45_000,
      faults: everyFault,
      pauseMs: 8000,
      outageMs: 3000,
      people: 24,
      thinkMs: 1500,
      tell: (line) => told.push(line),
    });
    if (judgement.violations.length) throw new Error([...told, ...verdictLines(judgement)].join("\n"));
    expect(judgement.kept).toBeGreaterThan(100);
    expect(judgement).toMatchObject({ unanswered: 0, refused: 0 });
  }, 300_000);
});
