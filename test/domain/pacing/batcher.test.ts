import { beforeEach, describe, expect, test } from "@jest/globals";
import { Batcher } from "../../../domain/pacing/batcher.ts";
import { weightOf } from "../../../domain/pacing/weight.ts";
import { ManualClock } from "../../manual-clock.ts";

const loopTurns = () => new Promise((resolve) => setImmediate(resolve));

describe("a batcher", () => {
  let clock: ManualClock;
  let sent: string[][];
  let batcher: Batcher<string>;

  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    batcher = new Batcher({ clock, send: (batch) => void sent.push(batch), weigh: ({ length }) => length, mostBytes: 10 });
  });

  test("sends what comes in one turn of the event loop together, with the next", async () => {
    batcher.add("a");
    await Promise.resolve();
    batcher.add("b");
    expect(sent).toEqual([]);
    await loopTurns();
    expect(sent).toEqual([["a", "b"]]);
  });

  test("sends no second batch within a millisecond: what comes gathers", async () => {
    batcher.add("a");
    await loopTurns();
    for (const item of "bcd") {
      batcher.add(item);
      await loopTurns();
    }
    expect(sent).toEqual([["a"]]);
    clock.turn(1);
    expect(sent).toEqual([["a"], ["b", "c", "d"]]);
  });

  test("loses no time after a rest", async () => {
    batcher.add("a");
    await loopTurns();
    clock.turn(1);
    batcher.add("b");
    await loopTurns();
    expect(sent).toEqual([["a"], ["b"]]);
  });

  test("sends at once what would weigh too much together, and what does so by itself alone", async () => {
    for (const item of ["aaaa", "bbbb", "cccc", "much too long to fit", "d"]) batcher.add(item);
    expect(sent).toEqual([["aaaa", "bbbb"], ["cccc"], ["much too long to fit"]]);
    await loopTurns();
    clock.turn(1);
    expect(sent.flat()).toEqual(["aaaa", "bbbb", "cccc", "much too long to fit", "d"]);
  });
});

test("a value weighs about what its JSON does", () => {
  const value = { text: "some words", list: [1, 2.5, null, { flag: true }], nested: { a: "b", none: undefined } };
  const { length } = JSON.stringify(value);
  expect(weightOf(value)).toBeGreaterThanOrEqual(length);
  expect(weightOf(value)).toBeLessThan(length * 2);
});
