import { describe, expect, test } from "@jest/globals";
import type { DeliverFrame, MissedHead } from "../../contracts/services/routing.ts";
import { Missed } from "../../services/fanout/missed.ts";

const frame = (conversationId: string, seq: number, to = ["ada"]): DeliverFrame => ({
  event: "entry",
  json: "{}",
  to,
  at: { conversationId, seq },
});

const all = (missed: Missed): MissedHead[] => missed.some(Number.POSITIVE_INFINITY);

describe("what was missed", () => {
  test("is the last place of each conversation, and whom it was for; signals are not missed", () => {
    const missed = new Missed();
    for (const one of [frame("c", 1), frame("c", 3, ["bob"]), frame("c", 2), frame("d", 1)]) missed.add(one);
    missed.add({ event: "typing", json: "{}", to: ["ada"] });
    expect(all(missed)).toEqual([
      { conversationId: "c", seq: 3, to: ["bob"] },
      { conversationId: "d", seq: 1, to: ["ada"] },
    ]);
  });

  test("is forgotten when it is acknowledged, unless more was missed since", () => {
    const missed = new Missed();
    missed.add(frame("c", 1));
    missed.add(frame("d", 1));
    const told = all(missed);
    missed.add(frame("c", 2));
    missed.acknowledged(told);
    expect(all(missed)).toMatchObject([{ conversationId: "c", seq: 2 }]);
    missed.acknowledged(all(missed));
    expect(missed.isEmpty).toBe(true);
  });

  test("is told in parts that name not too many people", () => {
    const missed = new Missed();
    const crowd = Array.from({ length: 10 }, (_, i) => `u${i}`);
    for (const id of ["a", "b", "c"]) missed.add(frame(id, 1, crowd));
    expect(missed.some(25).map(({ conversationId }) => conversationId)).toEqual(["a", "b"]);
    expect(missed.some(1)).toHaveLength(1);
  });

  test("becomes 'something, somewhere' before it grows without bound", () => {
    const missed = new Missed();
    for (let i = 0; i <= 50_000; i++) missed.add(frame(`c${i}`, 1));
    expect([missed.tooMany, missed.isEmpty, all(missed)]).toEqual([true, false, []]);
    missed.acknowledgedAll();
    expect(missed.isEmpty).toBe(true);
  });
});
