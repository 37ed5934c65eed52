import { expect, test } from "@jest/globals";
import { Suspicions } from "../../../domain/placement/suspicions.ts";
import { ManualClock } from "../../manual-clock.ts";

test("a node is suspected for five seconds from the last time-out", () => {
  const clock = new ManualClock();
  const suspicions = new Suspicions(clock);
  expect(suspicions.none).toBe(true);
  suspicions.suspect("a");
  clock.turn(3000);
  suspicions.suspect("a");
  clock.turn(4999);
  expect([suspicions.has("a"), suspicions.has("b")]).toEqual([true, false]);
  clock.turn(1);
  expect(suspicions.has("a")).toBe(false);
  expect(suspicions.none).toBe(true);
});
