import { describe, expect, test } from "@jest/globals";
import { RecentSeqs } from "../../../domain/session/recent-seqs.ts";

describe("recent seqs", () => {
  test("are remembered for one to two turns", () => {
    const recent = new RecentSeqs();
    recent.set("a", 1);
    recent.turn();
    recent.set("b", 2);
    expect(recent.toRecord()).toEqual({ a: 1, b: 2 });
    recent.turn();
    expect([recent.get("a"), recent.get("b")]).toEqual([undefined, 2]);
    recent.turn();
    expect(recent.isEmpty).toBe(true);
  });

  test("are the newest of each conversation", () => {
    const recent = new RecentSeqs();
    recent.set("a", 1);
    recent.turn();
    recent.set("a", 2);
    expect([recent.get("a"), recent.toRecord()]).toEqual([2, { a: 2 }]);
  });

  test("survive the first of many when there is a bound", () => {
    const recent = new RecentSeqs(3);
    for (const name of ["a", "b", "c", "d"]) recent.set(name, 1);
    expect(Object.keys(recent.toRecord())).toHaveLength(4);
    for (const name of ["e", "f", "g", "h"]) recent.set(name, 1);
    expect(recent.get("a")).toBeUndefined();
    expect(recent.get("h")).toBe(1);
  });

  test("a turn that the bound made does not empty it", () => {
    const recent = new RecentSeqs(2);
    recent.set("a", 1);
    recent.set("b", 1);
    recent.set("b", 2);
    expect(recent.toRecord()).toEqual({ a: 1, b: 2 });
  });
});
