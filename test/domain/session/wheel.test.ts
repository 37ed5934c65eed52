import { describe, expect, test } from "@jest/globals";
import { Wheel } from "../../../domain/session/wheel.ts";

describe("a wheel", () => {
  test("visits an item at its time, and again when the visit says", () => {
    const wheel = new Wheel<string>(10);
    const visits: [string, number][] = [];
    const visit = (item: string, now: number) => {
      visits.push([item, now]);
      return visits.length < 3 ? now + 25 : undefined;
    };
    wheel.add("a", 15);
    for (let i = 0; i < 20; i++) wheel.turn(visit);
    expect(visits).toEqual([
      ["a", 20],
      ["a", 50],
      ["a", 80],
    ]);
  });

  test("visits what is overdue at the next turn, never in the same one", () => {
    const wheel = new Wheel<string>(10);
    let visits = 0;
    wheel.add("a", -100);
    const again = (_: string, now: number) => {
      visits++;
      return now;
    };
    wheel.turn(again);
    expect(visits).toBe(1);
    wheel.turn(again);
    expect(visits).toBe(2);
  });

  test("keeps items apart that are due at the same time", () => {
    const wheel = new Wheel<number>(10);
    for (let i = 0; i < 5; i++) wheel.add(i, 10);
    const seen: number[] = [];
    wheel.turn((item) => void seen.push(item));
    wheel.turn((item) => void seen.push(item));
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });
});
