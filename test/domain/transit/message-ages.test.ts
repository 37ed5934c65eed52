import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { MessageAges } from "../../../domain/transit/message-ages.ts";

/** A sender whose clock stands elsewhere than mine; what it sends takes `way` milliseconds. */
function link(ages: MessageAges, { sender = "a", clockDifference = 300_000 } = {}) {
  return (sentAt: number, way: number) => ages.of(sender, sentAt + clockDifference, sentAt + way);
}

describe("the age of a message", () => {
  test("is what it waited, whatever the sender's clock says", () => {
    for (const clockDifference of [-300_000, 0, 300_000]) {
      const say = link(new MessageAges(), { clockDifference });
      for (let t = 0; t < 10_000; t += 1000) expect(say(t, 1)).toBe(0);
      expect(say(10_000, 15_001)).toBe(15_000);
    }
  });

  test("is known also for what comes first after a long silence", () => {
    const say = link(new MessageAges());
    for (let t = 0; t < 100_000; t += 2000) say(t, 1);
    for (let i = 0; i < 100; i++) expect(say(100_000 + i, 600_001)).toBe(600_000);
    expect(say(701_000, 1)).toBe(0);
  });

  test("follows a clock that runs slower than mine", () => {
    const ages = new MessageAges();
    for (let t = 0; t < 36_000_000; t += 2000) expect(ages.of("a", t * 0.999_5, t + 1)).toBeLessThan(60);
  });

  test("finds its way again after the sender's machine slept", () => {
    const ages = new MessageAges();
    for (let t = 0; t < 60_000; t += 2000) ages.of("a", t, t);
    let age = 0;
    for (let t = 60_000; t < 140_000; t += 2000) age = ages.of("a", t - 40_000, t);
    expect(age).toBe(0);
  });

  test("is never more than the truth", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.tuple(fc.nat(5000), fc.nat(20_000)), { maxLength: 100 }), (clockDifference, said) => {
        const say = link(new MessageAges(), { clockDifference });
        let t = 0;
        for (const [pause, way] of said) expect(say((t += pause), way)).toBeLessThanOrEqual(way);
      }),
    );
  });
});

test("a sender that is not heard for long makes room for others", () => {
  const ages = new MessageAges();
  ages.of("first", 0, 0);
  for (let i = 0; i < 1024; i++) ages.of(`${i}`, 0, 0);
  expect(ages.of("first", 0, 5000)).toBe(0);
});
