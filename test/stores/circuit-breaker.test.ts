import { expect, test } from "@jest/globals";
import { CircuitBreaker } from "../../stores/circuit-breaker.ts";
import { ManualClock } from "../manual-clock.ts";

const REST_MS = 1000;

function begin() {
  const clock = new ManualClock();
  return { clock, breaker: new CircuitBreaker({ clock, failures: 3, restMs: REST_MS }) };
}

test("failures in a row open it, and a success between them does not", () => {
  const { breaker } = begin();
  for (const word of ["one", "two"]) breaker.failed(new Error(word));
  breaker.succeeded();
  for (const word of ["three", "four"]) breaker.failed(new Error(word));
  expect(breaker.state).toBe("closed");
  breaker.failed(new Error("five"));
  expect([breaker.state, breaker.admits()]).toEqual(["open", false]);
});

test("one failure that many calls share counts once", () => {
  const { breaker } = begin();
  const shared = new Error("the command of many");
  for (let i = 0; i < 100; i++) breaker.failed(shared);
  expect([breaker.state, breaker.admits()]).toEqual(["closed", true]);
});

test("after a rest one call may look, and what becomes of it decides", () => {
  const { clock, breaker } = begin();
  for (const word of ["one", "two", "three"]) breaker.failed(new Error(word));
  clock.turn(REST_MS);
  expect([breaker.state, breaker.admits(), breaker.admits()]).toEqual(["half-open", true, false]);
  breaker.failed(new Error("still"));
  expect([breaker.state, breaker.admits()]).toEqual(["open", false]);
  clock.turn(REST_MS);
  expect(breaker.admits()).toBe(true);
  breaker.succeeded();
  expect([breaker.state, breaker.admits()]).toEqual(["closed", true]);
});
