import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { UnavailableError } from "../../contracts/errors.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { changesKept, type ParticipationStore } from "../../stores/participation.ts";
import { deviceCursors, userCursors } from "./participation/cursors.ts";
import { manyReads } from "./participation/together.ts";

/** What every adapter of the participation store must do. `open` gives an empty one, and the log beside it, for each test. */
export function participationContract(name: string, open: () => Promise<MessageStore>): void {
  describe(`the participation store in ${name}`, () => {
    let store: MessageStore;
    let participation: ParticipationStore;
    beforeEach(async () => {
      store = await open();
      participation = store.participation;
    });
    afterEach(async () => {
      await participation.close();
      await store.log.close();
    });
    const current = () => store;
    userCursors(current);
    deviceCursors(current);
    settings(current);
    hiding(current);
    changes(current);
    manyReads(current);

    test("is not available any more once it is closed", async () => {
      await participation.close();
      await store.log.close();
      await expect(participation.lastChange("ann")).rejects.toThrow(UnavailableError);
      await expect(participation.hide("ann", { conversationId: "c", seq: 1 })).rejects.toThrow(UnavailableError);
    });
  });
}

function settings(store: () => MessageStore): void {
  describe("settings", () => {
    const plain = { muted: false, pinned: false, archived: false };

    test("change where they are given, and keep the rest", async () => {
      const { participation } = store();
      expect(await participation.setSettings("ann", "c", { muted: true, draft: "so far" })).toEqual({
        ...plain,
        muted: true,
        draft: "so far",
      });
      const all = { muted: false, pinned: true, archived: true, draft: "so far" };
      expect(await participation.setSettings("ann", "c", { muted: false, pinned: true, archived: true })).toEqual(all);
      expect(await participation.settings("ann")).toEqual(new Map([["c", all]]));
    });

    test("have no draft that is empty", async () => {
      const { participation } = store();
      expect(await participation.setSettings("ann", "c", { draft: "" })).toEqual(plain);
      await participation.setSettings("ann", "c", { draft: "x" });
      expect(await participation.setSettings("ann", "c", { draft: "" })).toEqual(plain);
      expect(await participation.settings("ann")).toEqual(new Map([["c", plain]]));
    });

    test("are each user's own, for each conversation", async () => {
      const { participation } = store();
      await participation.setSettings("ann", "c", { pinned: true });
      await participation.setSettings("ann", "d", { archived: true });
      await participation.setSettings("bob", "c", {});
      expect(await participation.settings("ann")).toEqual(
        new Map([
          ["c", { ...plain, pinned: true }],
          ["d", { ...plain, archived: true }],
        ]),
      );
      expect(await participation.settings("bob")).toEqual(new Map([["c", plain]]));
      expect(await participation.settings("cem")).toEqual(new Map());
    });
  });
}

function hiding(store: () => MessageStore): void {
  describe("hidden messages", () => {
    test("are hidden once, and listed in order, after and through", async () => {
      const { participation } = store();
      const hide = (seq: number, user = "ann", conversationId = "c") => participation.hide(user, { conversationId, seq });
      expect(await Promise.all([7, 3, 5].map((seq) => hide(seq)))).toEqual([true, true, true]);
      expect(await hide(5)).toBe(false);
      expect(await hide(5, "bob")).toBe(true);
      expect(await hide(5, "ann", "d")).toBe(true);
      expect(await participation.hiddenIn("ann", "c", 0, 9)).toEqual([3, 5, 7]);
      expect(await participation.hiddenIn("ann", "c", 3, 7)).toEqual([5, 7]);
      expect(await participation.hiddenIn("ann", "c", 3, 6)).toEqual([5]);
      expect(await participation.hiddenIn("cem", "c", 0, 9)).toEqual([]);
    });

    test("are counted above each cursor, where there are any", async () => {
      const { participation } = store();
      const hide = (conversationId: string, seq: number) => participation.hide("ann", { conversationId, seq });
      await Promise.all([hide("c", 3), hide("c", 5), hide("d", 2), hide("e", 1)]);
      const above = (...cursors: [string, number][]) =>
        participation.hiddenAbove(
          "ann",
          cursors.map(([conversationId, after]) => ({ conversationId, after })),
        );
      expect(await above(["c", 3], ["d", 2], ["nowhere", 0])).toEqual(new Map([["c", 1]]));
      expect(await above(["c", 0], ["d", 0])).toEqual(
        new Map([
          ["c", 2],
          ["d", 1],
        ]),
      );
      expect(await above()).toEqual(new Map());
    });
  });
}

function changes(store: () => MessageStore): void {
  describe("changes", () => {
    const reset = (conversationId: string) => ({ op: "reset" as const, conversationId });

    test("are numbered per user from 1 without a gap, however many come at once", async () => {
      const { participation } = store();
      const numbers = await Promise.all(Array.from({ length: 20 }, (_, i) => participation.record("ann", reset(`${i}`))));
      expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1));
      expect(await participation.record("bob", reset("c"))).toBe(1);
      expect(await participation.lastChange("ann")).toBe(20);
      expect(await participation.lastChange("cem")).toBe(0);
    });

    test("are kept as far back as was promised, and their numbers show where others were", async () => {
      const { participation } = store();
      for (let left = changesKept + 2; left > 0; left -= 501) {
        await Promise.all(Array.from({ length: Math.min(left, 501) }, () => participation.record("ann", reset("c"))));
      }
      await participation.record("bob", reset("c"));
      expect((await participation.changes("ann", 0, 2)).map(({ changeSeq }) => changeSeq)).toEqual([3, 4]);
      expect(await participation.lastChange("ann")).toBe(changesKept + 2);
      expect(await participation.changes("bob", 0, 2)).toHaveLength(1);
    });

    test("are read back in order, after a number, so many at most", async () => {
      const { participation } = store();
      const hidden = { op: "hidden" as const, conversationId: "c", id: "m", seq: 4 };
      const conversation = { op: "conversation" as const, conversationId: "d" };
      for (const change of [reset("c"), hidden, conversation]) await participation.record("ann", change);
      const all = [
        { changeSeq: 1, change: reset("c") },
        { changeSeq: 2, change: hidden },
        { changeSeq: 3, change: conversation },
      ];
      expect(await participation.changes("ann", 0, 9)).toEqual(all);
      expect(await participation.changes("ann", 1, 1)).toEqual([all[1]]);
      expect(await participation.changes("ann", 3, 9)).toEqual([]);
      expect(await participation.changes("bob", 0, 9)).toEqual([]);
    });
  });
}
