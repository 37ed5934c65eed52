import { expect, test } from "@jest/globals";
import { everyFault, type PlanOptions, planOf } from "./plan.ts";

const targets: PlanOptions["targets"] = {
  gateway: ["g1", "g2"],
  core: ["c1", "c2"],
  nats: ["nats"],
  mongo: ["mongo"],
  postgres: ["postgres"],
  redis: ["redis"],
  spare: ["c3"],
};
const plan = (seed: number, ms = 600_000) => planOf({ seed, ms, faults: everyFault, targets, pauseMs: 15_000, outageMs: 5000 });

test("the same seed makes the same plan, another one another", () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

test("every fault comes, each within the time", () => {
  const steps = plan(7);
  expect(new Set(steps.map(({ fault }) => fault))).toEqual(new Set(everyFault));
  for (const { beginsMs, endsMs } of steps)
    expect([beginsMs > 0, endsMs > beginsMs, endsMs <= 600_000]).toEqual([true, true, true]);
});

test("nothing has two faults at a time, and different things do", () => {
  const steps = plan(7);
  const together = steps.flatMap((one, i) =>
    steps
      .slice(i + 1)
      .filter((other) => other.beginsMs < one.endsMs)
      .map((other) => [one, other]),
  );
  expect(together.length).toBeGreaterThan(0);
  expect(together.filter(([one, other]) => one?.target === other?.target)).toEqual([]);
});
