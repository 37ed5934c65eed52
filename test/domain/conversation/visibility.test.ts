import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Entry } from "../../../contracts/entry.ts";
import {
  endSeq,
  firstSeq,
  type Interval,
  leftSeq,
  readable,
  type Sight,
  type Span,
  type StoredEntry,
  throughOf,
  visibleEntries,
} from "../../../domain/conversation/visibility.ts";

const LONGEST = 40;
const conversationId = "c";
const userId = "viewer";

const message = (seq: number): StoredEntry["entry"] => ({
  conversationId,
  seq,
  id: `m${seq}`,
  kind: "message",
  senderId: "sender",
  createdAt: "2026-01-01T00:00:00.000Z",
  n: seq,
  type: "text",
  content: `secret ${seq}`,
});

/** One to three stays within a log, the last one perhaps still going on. */
const stays = (lastSeq: number): fc.Arbitrary<Interval[]> =>
  fc
    .tuple(fc.uniqueArray(fc.integer({ min: 1, max: lastSeq }), { minLength: 1, maxLength: 6 }), fc.boolean())
    .map(([edges, leaves]) => {
      const sorted = edges.sort((a, b) => a - b);
      const kept =
        leaves && sorted.length > 1 && sorted.length % 2 === 0
          ? sorted
          : sorted.slice(0, sorted.length - ((sorted.length + 1) % 2));
      return Array.from({ length: Math.ceil(kept.length / 2) }, (_, i) => ({ from: kept[2 * i] ?? 1, to: kept[2 * i + 1] }));
    });

interface Case {
  sight: Sight;
  kept: StoredEntry[];
  hidden: Set<number>;
  span: Span;
}

const someCase: fc.Arbitrary<Case> = fc.integer({ min: 1, max: LONGEST }).chain((lastSeq) => {
  const seqs = fc.subarray(Array.from({ length: lastSeq }, (_, i) => i + 1));
  return fc
    .record({
      intervals: stays(lastSeq),
      floorSeq: fc.integer({ min: 0, max: lastSeq }),
      blocked: seqs,
      hidden: seqs,
      missing: seqs,
      from: fc.integer({ min: 1, max: lastSeq + 2 }),
      length: fc.integer({ min: 0, max: LONGEST }),
    })
    .map(({ intervals, floorSeq, blocked, hidden, missing, from, length }) => ({
      sight: { conversationId, userId, intervals, floorSeq, lastSeq },
      kept: Array.from({ length: lastSeq }, (_, i) => i + 1)
        .filter((seq) => !missing.includes(seq))
        .map((seq) => ({ entry: message(seq), ...(blocked.includes(seq) && { hiddenFor: [userId, "another"] }) })),
      hidden: new Set(hidden),
      span: { from, through: from + length },
    }));
});

const read = ({ kept, sight, span, hidden }: Case): Entry[] => visibleEntries(kept, sight, span, hidden);

describe("what a viewer gets of a part of a log", () => {
  test("covers every place of it up to the end of the viewer's log once, in order, and no other", () => {
    fc.assert(
      fc.property(someCase, (one) => {
        const covered = read(one).flatMap((item) => range(item.seq, throughOf(item)));
        expect(covered).toEqual(range(one.span.from, Math.min(one.span.through, endSeq(one.sight))));
      }),
    );
  });

  test("shows exactly the entries that are kept, not hidden, above the floor and within a stay", () => {
    fc.assert(
      fc.property(someCase, (one) => {
        const { sight, hidden, span } = one;
        const wanted = one.kept
          .filter(({ entry: { seq } }) => span.from <= seq && seq <= span.through && seq > sight.floorSeq && !hidden.has(seq))
          .filter(({ hiddenFor }) => !hiddenFor)
          .filter(({ entry: { seq } }) => sight.intervals.some(({ from, to = LONGEST }) => from <= seq && seq <= to));
        expect(read(one).filter(({ kind }) => kind !== "hidden")).toEqual(wanted.map(({ entry }) => entry));
      }),
    );
  });

  test("has no two hidden runs in a row, and nothing but the place in a hidden run", () => {
    fc.assert(
      fc.property(someCase, (one) => {
        const items = read(one);
        for (const [i, item] of items.entries()) {
          if (item.kind !== "hidden") continue;
          expect(Object.keys(item).sort()).toEqual(["conversationId", "kind", "seq", "through"]);
          expect(items[i + 1]?.kind).not.toBe("hidden");
        }
      }),
    );
  });

  test("is the same read at once or in two parts, but for a run that is cut", () => {
    fc.assert(
      fc.property(someCase, fc.nat(LONGEST), (one, at) => {
        const cut = Math.min(one.span.from + at, one.span.through);
        const parts = [
          ...read({ ...one, span: { ...one.span, through: cut } }),
          ...read({ ...one, span: { ...one.span, from: cut + 1 } }),
        ];
        const shown = (items: Entry[]) => items.filter(({ kind }) => kind !== "hidden");
        expect(shown(parts)).toEqual(shown(read(one)));
      }),
    );
  });
});

describe("a viewer's log", () => {
  const sight: Sight = { conversationId, userId, intervals: [{ from: 3, to: 5 }, { from: 8 }], floorSeq: 3, lastSeq: 10 };

  test("begins with the first stay, and ends with the log while the viewer is there", () => {
    expect([firstSeq(sight), endSeq(sight), leftSeq(sight)]).toEqual([3, 10, undefined]);
  });

  test("ends with the viewer's own leaving", () => {
    const left = { ...sight, intervals: [{ from: 3, to: 5 }] };
    expect([firstSeq(left), endSeq(left), leftSeq(left)]).toEqual([3, 5, 5]);
  });

  test("is readable where the viewer was there, above the floor", () => {
    expect(readable(sight, { from: 1, through: 9 })).toEqual([
      { from: 4, through: 5 },
      { from: 8, through: 9 },
    ]);
  });

  test("shows the time between two stays, and what is below the floor, as hidden runs", () => {
    const kept = range(1, 10).map((seq) => ({ entry: message(seq) }));
    const items = visibleEntries(kept, sight, { from: 1, through: 10 }, new Set([9]));
    expect(items.map((item) => (item.kind === "hidden" ? [item.seq, item.through] : item.seq))).toEqual([
      [1, 3],
      4,
      5,
      [6, 7],
      8,
      [9, 9],
      10,
    ]);
  });
});

const range = (from: number, through: number): number[] =>
  Array.from({ length: Math.max(0, through - from + 1) }, (_, i) => from + i);
