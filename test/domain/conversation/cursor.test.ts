import { describe, expect, test } from "@jest/globals";
import { moved, reachedAt, startCursor } from "../../../domain/conversation/cursor.ts";
import { Recent } from "../../../domain/conversation/recent.ts";
import { RecentMessages } from "../../../domain/conversation/recent-messages.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

describe("a cursor", () => {
  test("goes on, and never back", () => {
    const start = startCursor("c", "ann", 3, 2);
    const on = moved(start, { delivered: 7 }, at(1));
    expect(on).toMatchObject({ deliveredSeq: 7, readSeq: 3, readN: 2 });
    expect(moved(on, { delivered: 6 }, at(2))).toBe(on);
    expect(moved(on, { read: 3, readN: 2 }, at(2))).toBe(on);
  });

  test("that is read is delivered as far", () => {
    const read = moved(startCursor("c", "ann", 0, 0), { read: 5, readN: 4 }, at(1));
    expect(read).toMatchObject({ deliveredSeq: 5, readSeq: 5, readN: 4 });
    expect(reachedAt(read.deliveredSteps, 5)).toBe(at(1));
  });

  test("knows when a message was reached, and that of old ones at the latest by its first step", () => {
    let cursor = startCursor("c", "ann", 0, 0);
    for (let i = 1; i <= 50; i++) cursor = moved(cursor, { delivered: 2 * i }, at(i));
    expect(cursor.deliveredSteps).toHaveLength(20);
    expect(reachedAt(cursor.deliveredSteps, 99)).toBe(at(50));
    expect(reachedAt(cursor.deliveredSteps, 98)).toBe(at(49));
    expect(reachedAt(cursor.deliveredSteps, 1)).toBe(at(31));
    expect(reachedAt(cursor.deliveredSteps, 101)).toBeUndefined();
  });
});

describe("the recent messages", () => {
  const message = (seq: number, n: number, senderId: string) =>
    ({
      conversationId: "c",
      kind: "message",
      type: "text",
      content: "x",
      id: `${seq}`,
      createdAt: at(0),
      seq,
      n,
      senderId,
    }) as const;

  test("know who sent what last, and n at every place above where they begin", () => {
    const recent = new RecentMessages(10, 6);
    recent.add(message(11, 7, "ann"));
    recent.add(message(13, 8, "bob"));
    recent.add(message(14, 9, "ann"));
    expect([9, 10, 11, 12, 13, 14, 15].map((seq) => recent.nAt(seq))).toEqual([undefined, 6, 7, 7, 8, 9, 9]);
    expect(recent.senders(10, 13)).toEqual(
      new Map([
        ["ann", 11],
        ["bob", 13],
      ]),
    );
    expect(recent.senders(11, 14)).toEqual(
      new Map([
        ["bob", 13],
        ["ann", 14],
      ]),
    );
  });

  test("are bounded, and say from where they are complete", () => {
    const recent = new RecentMessages(0, 0);
    for (let seq = 1; seq <= 600; seq++) recent.add(message(seq, seq, "ann"));
    expect(recent.knownFrom).toBeGreaterThan(0);
    expect(recent.nAt(recent.knownFrom)).toBe(recent.knownFrom);
    expect(recent.nAt(recent.knownFrom - 1)).toBeUndefined();
    expect(recent.nAt(600)).toBe(600);
  });
});

test("what is not committed is remembered beyond the limit", () => {
  const recent = new Recent<number>(2, (seq) => seq);
  const remembered = () => [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((seq) => recent.has(`${seq}`));
  const set = (...seqs: number[]) => {
    for (const seq of seqs) recent.set(`${seq}`, seq);
  };
  set(1, 2, 3, 4, 5);
  recent.trim(1);
  set(6, 7);
  recent.trim(2);
  expect(remembered()).toEqual([3, 4, 5, 6, 7]);
  set(8, 9);
  recent.trim(9);
  expect(remembered()).toEqual([8, 9]);
});

test("what was set last is remembered as such, be it nothing", () => {
  const recent = new Recent<string | null>(1, () => 0);
  recent.set("a", "there");
  recent.trim(1);
  recent.set("a", null);
  expect(recent.get("a")).toBeNull();
});
