import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { UserCursor } from "../../../stores/participation.ts";
import { startConversation } from "../test-conversation.ts";

const at = "2026-01-01T00:00:00.000Z";

function cursor(conversationId: string, userId: string, deliveredSeq: number, readSeq: number): UserCursor {
  const steps = (seq: number) => (seq === 0 ? [] : [{ seq, at }]);
  const seqs = { deliveredSeq, readSeq, readN: readSeq * 10 };
  return { conversationId, userId, ...seqs, deliveredSteps: steps(deliveredSeq), readSteps: steps(readSeq) };
}

export function userCursors(store: () => MessageStore): void {
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

export function deviceCursors(store: () => MessageStore): void {
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

    test("and members' together have a lowest one in each conversation", async () => {
      const c = await startConversation(store().log, { members: ["ann", "bob"] });
      const gone = c.member("dan", { intervals: [{ from: 1, to: 2 }] });
      await store().log.append(c.commit([], { members: [gone] }));
      const { participation } = store();
      const lowest = () => participation.lowestCursor(c.id);
      participation.advanceUsers([cursor(c.id, "ann", 7, 7), cursor(c.id, "dan", 1, 1)]);
      expect(await lowest()).toBe(0);
      participation.advanceUsers([cursor(c.id, "bob", 5, 0)]);
      expect(await lowest()).toBe(5);
      move("phone", c.id, 3);
      move("phone", "elsewhere", 1);
      expect(await lowest()).toBe(3);
      move("phone", c.id, 9);
      expect(await lowest()).toBe(5);
      expect(await participation.lowestCursor("nowhere")).toBeUndefined();
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
