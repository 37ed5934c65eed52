import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { UnavailableError } from "../../contracts/errors.ts";
import type { ParticipationStore, UserCursor } from "../../stores/participation.ts";
import type { MessageStore } from "../../stores/stores.ts";
import { startConversation } from "./test-conversation.ts";

const at = "2026-01-01T00:00:00.000Z";

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

    test("is not available any more once it is closed", async () => {
      await participation.close();
      await store.log.close();
      await expect(participation.lastChange("ann")).rejects.toThrow(UnavailableError);
      await expect(participation.hide("ann", { conversationId: "c", seq: 1 })).rejects.toThrow(UnavailableError);
    });
  });
}

function cursor(conversationId: string, userId: string, deliveredSeq: number, readSeq: number): UserCursor {
  const steps = (seq: number) => (seq === 0 ? [] : [{ seq, at }]);
  const seqs = { deliveredSeq, readSeq, readN: readSeq * 10 };
  return { conversationId, userId, ...seqs, deliveredSteps: steps(deliveredSeq), readSteps: steps(readSeq) };
}

function userCursors(store: () => MessageStore): void {
  describe("user cursors", () => {
    test("are seen by every read at once, and after they were written", async () => {
      const c = await startConversation(store().log, { members: ["ann", "bob"] });
      const { participation } = store();
      const mine = cursor(c.id, "ann", 3, 2);
      participation.advanceUsers([mine]);
      expect(await participation.cursorsOf(c.id)).toEqual([mine]);
      await participation.flush();
      expect(await participation.cursorsOf(c.id)).toEqual([mine]);
      expect((await participation.cursorsFor("ann"))[0]?.mine).toEqual(mine);
    });

    test("never go back, delivered and read each for itself, with its steps", async () => {
      const c = await startConversation(store().log);
      const { participation } = store();
      const moves = fc.array(fc.record({ delivered: fc.nat(9), read: fc.nat(9), flush: fc.boolean() }), { minLength: 1 });
      let user = 0;
      await fc.assert(
        fc.asyncProperty(moves, async (steps) => {
          const id = `user-${++user}`;
          for (const { delivered, read, flush } of steps) {
            participation.advanceUsers([cursor(c.id, id, delivered, read)]);
            if (flush) await participation.flush();
          }
          const furthest = (of: "delivered" | "read") => Math.max(...steps.map((step) => step[of]));
          const found = (await participation.cursorsOf(c.id)).find(({ userId }) => userId === id);
          expect(found).toEqual(cursor(c.id, id, furthest("delivered"), furthest("read")));
        }),
        { numRuns: 40 },
      );
    });

    test("of a conversation are those of all who ever moved one", async () => {
      const [c, d] = [await startConversation(store().log, { members: ["ann"] }), await startConversation(store().log)];
      const { participation } = store();
      participation.advanceUsers([cursor(c.id, "ann", 1, 1), cursor(c.id, "left", 2, 0), cursor(d.id, "ann", 9, 9)]);
      const users = (await participation.cursorsOf(c.id)).map(({ userId }) => userId);
      expect(users.toSorted()).toEqual(["ann", "left"]);
      expect(await participation.cursorsOf("nowhere")).toEqual([]);
    });

    test("of a user come with the lowest of the present others, each for itself", async () => {
      const c = await startConversation(store().log, { members: ["ann", "bob", "cem"] });
      const gone = c.member("dan", { intervals: [{ from: 1, to: 2 }] });
      await store().log.append(c.commit([], { members: [gone] }));
      const { participation } = store();
      const mine = cursor(c.id, "ann", 9, 9);
      const others = [cursor(c.id, "bob", 5, 2), cursor(c.id, "cem", 4, 3), cursor(c.id, "dan", 1, 1)];
      participation.advanceUsers([mine, ...others]);
      expect(await participation.cursorsFor("ann")).toEqual([{ mine, others: { deliveredSeq: 4, readSeq: 2 } }]);
    });

    test("are 0 where none was moved, one's own and others'", async () => {
      const [c, alone] = [
        await startConversation(store().log, { members: ["ann", "bob", "cem"] }),
        await startConversation(store().log, { members: ["ann"] }),
      ];
      const { participation } = store();
      participation.advanceUsers([cursor(c.id, "bob", 5, 2)]);
      const nothing = { deliveredSeq: 0, readSeq: 0 };
      const found = await participation.cursorsFor("ann");
      expect(found).toHaveLength(2);
      expect(found).toEqual(
        expect.arrayContaining([
          { mine: cursor(c.id, "ann", 0, 0), others: nothing },
          { mine: cursor(alone.id, "ann", 0, 0), others: nothing },
        ]),
      );
    });

    test("of a user may be asked of some conversations only", async () => {
      const [c, d] = [
        await startConversation(store().log, { members: ["ann"] }),
        await startConversation(store().log, { members: ["ann", "bob"] }),
      ];
      const { participation } = store();
      participation.advanceUsers([cursor(c.id, "ann", 1, 1), cursor(d.id, "ann", 2, 2)]);
      const asked = async (ids: string[], user = "ann") => (await participation.cursorsFor(user, ids)).map(({ mine }) => mine);
      expect(await asked([d.id, "nowhere"])).toEqual([cursor(d.id, "ann", 2, 2)]);
      expect(await asked([])).toEqual([]);
      expect(await asked([c.id], "bob")).toEqual([]);
    });
  });
}

function deviceCursors(store: () => MessageStore): void {
  describe("device cursors", () => {
    const move = (deviceId: string, conversationId: string, seq: number) =>
      store().participation.advanceDevices([{ deviceId, conversationId, seq }]);

    test("are the furthest of each device in each conversation", async () => {
      const { participation } = store();
      move("phone", "c", 5);
      move("phone", "c", 3);
      move("phone", "d", 1);
      move("tablet", "c", 2);
      expect(await participation.deviceCursors("phone")).toEqual(
        new Map([
          ["c", 5],
          ["d", 1],
        ]),
      );
      move("phone", "c", 4);
      move("phone", "d", 7);
      expect(await participation.deviceCursors("phone")).toEqual(
        new Map([
          ["c", 5],
          ["d", 7],
        ]),
      );
      expect(await participation.deviceCursors("tablet")).toEqual(new Map([["c", 2]]));
      expect(await participation.deviceCursors("watch")).toEqual(new Map());
    });

    test("are forgotten with the device, the latest too, and no other's", async () => {
      const { participation } = store();
      move("phone", "c", 5);
      await participation.flush();
      move("phone", "d", 6);
      move("tablet", "c", 2);
      await participation.forgetDevice("phone");
      expect(await participation.deviceCursors("phone")).toEqual(new Map());
      expect(await participation.deviceCursors("tablet")).toEqual(new Map([["c", 2]]));
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
