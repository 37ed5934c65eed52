import { expect, test } from "@jest/globals";
import { ClusterClock } from "../../node/cluster-clock.ts";
import { ManualClock } from "../manual-clock.ts";

const SKEW_MS = 300_000;

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A machine whose clock is off, beside a database that has the right time. */
function machine(offMs: number) {
  const own = new ManualClock();
  const database = { failing: false, slowMs: 0, stepMs: 0 };
  const right = () => own.now() - offMs + database.stepMs;
  const clock = new ClusterClock(own, async () => {
    if (database.failing) throw new Error("away");
    const time = new Date(right());
    await settled();
    own.sleep(database.slowMs);
    return time;
  });
  return { own, clock, database, right };
}

test.each([-SKEW_MS, SKEW_MS])("a node whose clock is %d ms off has the time of the database", async (offMs) => {
  const { clock, right } = machine(offMs);
  await clock.start();
  expect(clock.now()).toBe(right());
});

test("what little two clocks always differ by is left alone, so that time does not tremble", async () => {
  const { own, clock } = machine(400);
  await clock.start();
  expect(clock.now()).toBe(own.now());
});

test("a database that is away leaves the time as it was, and is asked again", async () => {
  const { own, clock, database, right } = machine(SKEW_MS);
  database.failing = true;
  const starting = clock.start();
  own.turn(2000);
  await starting;
  expect(clock.now()).toBe(own.now());
  database.failing = false;
  own.turn(28_000);
  await settled();
  await settled();
  expect(clock.now()).toBe(right());
});

test("a clock that somebody sets is followed, a slow answer is not", async () => {
  const { own, clock, database, right } = machine(0);
  await clock.start();
  database.stepMs = SKEW_MS;
  database.slowMs = 3000;
  own.turn(30_000);
  await settled();
  await settled();
  expect(clock.now()).toBe(own.now());
  database.slowMs = 0;
  own.turn(27_000);
  await settled();
  await settled();
  expect(clock.now()).toBe(right());
  clock.stop();
});
