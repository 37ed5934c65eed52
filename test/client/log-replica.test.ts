import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LogReplica, throughOf } from "../../client/log/log-replica.ts";
import type { Entry, HiddenEntry, MessageEntry } from "../../contracts/entry.ts";

const message = (seq: number, conversationId = "c"): MessageEntry => ({
  conversationId,
  seq,
  id: `m${seq}`,
  kind: "message",
  senderId: "u",
  createdAt: "2026-01-01T00:00:00.000Z",
  n: seq,
  type: "text",
  content: `${seq}`,
});
const hidden = (seq: number, through: number): HiddenEntry => ({ conversationId: "c", seq, kind: "hidden", through });
const places = (entries: Entry[]) => entries.map((e) => [e.seq, throughOf(e)]);

/** A log of messages and hidden runs, contiguous from 1. */
const log = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 40, size: "max" }).map((lengths) => {
  let next = 1;
  return lengths.map((length): Entry => {
    const seq = next;
    next += length;
    return length === 1 ? message(seq) : hidden(seq, seq + length - 1);
  });
});

describe("a conversation's entries", () => {
  test("are given out once and in order, however they come; a sync of the gap brings the rest", () => {
    fc.assert(
      fc.property(log, fc.infiniteStream(fc.nat()), fc.nat(20), (entries, random, begin) => {
        const replica = new LogReplica();
        const from = Math.min(begin, entries.length - 1);
        const start = throughOf(entries[from] as Entry) - 1;
        replica.place("c", start);
        const applied: Entry[] = [];
        // Some are lost, some come twice, all in any order.
        for (let i = 0; i < entries.length * 2; i++) {
          const entry = entries[(random.next().value ?? 0) % entries.length] as Entry;
          applied.push(...replica.offer(entry, 0));
        }
        for (const [, cursor] of replica.gapsSince(0)) {
          for (const entry of entries.filter((e) => throughOf(e) > (cursor ?? 0))) applied.push(...replica.offer(entry, 0, true));
        }
        let cursor = start;
        for (const entry of applied) {
          expect(entry.seq).toBe(cursor + 1);
          cursor = throughOf(entry);
        }
        expect(replica.cursor("c")).toBe(cursor);
        expect(replica.holding).toBe(false);
      }),
    );
  });

  test("a later one waits for the one before it", () => {
    const replica = new LogReplica();
    expect(places(replica.offer(message(1), 0))).toEqual([[1, 1]]);
    expect(replica.offer(message(3), 0)).toEqual([]);
    expect(places(replica.offer(message(2), 0))).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(replica.offer(message(2), 0)).toEqual([]);
  });

  test("a hidden run that begins below the cursor only adds what is above it", () => {
    const replica = new LogReplica();
    replica.place("c", 5);
    expect(replica.offer(hidden(2, 5), 0)).toEqual([]);
    expect(places(replica.offer(hidden(4, 8), 0))).toEqual([[6, 8]]);
  });

  test("an entry of an unknown kind moves the cursor", () => {
    const replica = new LogReplica();
    const unknown = { ...message(1), kind: "hologram" } as unknown as Entry;
    expect(replica.offer(unknown, 0)).toEqual([unknown]);
    expect(replica.cursor("c")).toBe(1);
  });
});

describe("a gap", () => {
  test("is named once it has lasted, with the place where it begins", () => {
    const replica = new LogReplica();
    replica.place("c", 4);
    replica.offer(message(6), 1_000);
    expect([...replica.gapsSince(999)]).toEqual([]);
    expect([...replica.gapsSince(1_000)]).toEqual([["c", 4]]);
  });

  test("counts anew when something of it came", () => {
    const replica = new LogReplica();
    replica.place("c", 4);
    replica.offer(message(7), 1_000);
    replica.offer(message(5), 1_500);
    expect([...replica.gapsSince(1_000)]).toEqual([]);
    expect([...replica.gapsSince(1_500)]).toEqual([["c", 5]]);
  });

  test("that a sync finds nothing for is over", () => {
    const replica = new LogReplica();
    replica.place("c", 4);
    replica.offer(message(6), 0);
    expect(replica.settle("c", 0, 0)).toEqual([]);
    expect(replica.holding).toBe(false);
    expect(replica.cursor("c")).toBe(4);
  });
});

describe("a conversation not known yet", () => {
  test("begins with its first entry, and with a contiguous one", () => {
    const replica = new LogReplica();
    expect(places(replica.offer(message(1, "new"), 0))).toEqual([[1, 1]]);
    expect(places(replica.offer(message(7, "c"), 0, true))).toEqual([[7, 7]]);
  });

  test("does not begin with a live entry from the middle: what lies before it may be lost", () => {
    const replica = new LogReplica();
    expect(replica.offer(message(7), 0)).toEqual([]);
    expect([...replica.gapsSince(0)]).toEqual([["c", undefined]]);
    expect(places(replica.offer(message(6), 0, true))).toEqual([
      [6, 6],
      [7, 7],
    ]);
  });

  test("begins with what is held when a sync brought nothing before it", () => {
    const replica = new LogReplica();
    replica.offer(message(8), 0);
    replica.offer(message(7), 0);
    expect(places(replica.settle("c", 0, 0))).toEqual([
      [7, 7],
      [8, 8],
    ]);
  });
});

describe("heads", () => {
  test("name what is behind, until a sync found nothing there", () => {
    const replica = new LogReplica();
    replica.place("a", 3);
    replica.place("b", 9);
    const heads = { a: 5, b: 9, c: 2 };
    expect([...replica.behind(heads)]).toEqual([
      ["a", 3],
      ["c", undefined],
    ]);
    replica.settle("a", 5, 0);
    replica.settle("c", 2, 0);
    expect([...replica.behind(heads)]).toEqual([]);
    expect([...replica.behind({ a: 6, c: 3 })]).toEqual([
      ["a", 3],
      ["c", 2],
    ]);
  });
});
