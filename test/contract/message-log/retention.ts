import { describe, expect, test } from "@jest/globals";
import type { MessageLog } from "../../../stores/message-log.ts";
import { seqs, startConversation, type TestConversation } from "../test-conversation.ts";

const all = { after: 0, limit: 1000 };

export function retentionContract(log: () => MessageLog): void {
  describe("expire", () => {
    test("empties messages whose time has come, not before", async () => {
      const c = await startConversation(log());
      const due = c.message({ content: "due", mentions: ["bob"], expiresAt: c.at(10) });
      const later = c.message({ content: "later", expiresAt: c.at(11) });
      await log().append(c.commit([due, later, c.message()]));
      expect(await log().expire(c.at(9), 100)).toBe(0);
      expect(await log().expire(c.at(10), 100)).toBe(1);
      const [first, second] = await log().entries(c.id, all);
      expect(first?.entry).toMatchObject({ content: "", deletedAt: c.at(10), expiresAt: c.at(10) });
      expect(first?.entry).not.toHaveProperty("mentions");
      expect(second).toEqual(later);
      expect(await log().countMentions(c.id, "bob", 0, 9)).toBe(0);
      expect(await log().expire(c.at(10), 100)).toBe(0);
    });

    test("empties their edits and their views with them", async () => {
      const c = await startConversation(log());
      const due = c.message({ expiresAt: c.at(10) });
      const bystander = c.message();
      const edit = c.entry({ kind: "edit", target: due.entry.id, content: "secret", metadata: { a: 1 } });
      const other = c.entry({ kind: "edit", target: bystander.entry.id, content: "open" });
      const secret = c.view(1, { content: "secret", metadata: { a: 1 }, mentions: "all", pinned: true, edits: [3] });
      await log().append(c.commit([due, bystander, edit, other], { views: [secret] }));
      expect(await log().expire(c.at(10), 100)).toBe(1);
      const [, , third, fourth] = await log().entries(c.id, all);
      expect(third?.entry).toMatchObject({ content: "" });
      expect(third?.entry).not.toHaveProperty("metadata");
      expect(fourth).toEqual(other);
      const { metadata: _, mentions: __, ...rest } = secret;
      expect(await log().views(c.id, [1])).toEqual([{ ...rest, content: "", deletedAt: c.at(10) }]);
    });

    test("empties the edits and views that it overtook as they are stored", async () => {
      const c = await startConversation(log());
      const due = c.message({ expiresAt: c.at(10) });
      const bystander = c.message();
      await log().append(c.commit([due, bystander]));
      await log().expire(c.at(10), 100);
      const late = c.entry({ kind: "edit", target: due.entry.id, content: "secret", metadata: { a: 1 } });
      const other = c.entry({ kind: "edit", target: bystander.entry.id, content: "open" });
      const secret = c.view(1, { asOf: 3, content: "secret", metadata: { a: 1 }, edits: [3] });
      const open = c.view(2, { asOf: 4, content: "open", edits: [4] });
      await log().append(c.commit([late, other], { views: [secret, open] }));
      const [, , third, fourth] = await log().entries(c.id, all);
      expect(third?.entry).toMatchObject({ content: "" });
      expect(third?.entry).not.toHaveProperty("metadata");
      expect(fourth).toEqual(other);
      const { metadata: _, ...rest } = secret;
      expect(await log().views(c.id, [1, 2])).toEqual([{ ...rest, content: "", deletedAt: c.at(10) }, open]);
    });

    test("does at most what it is allowed, the earliest first", async () => {
      const c = await startConversation(log());
      await log().append(c.commit([5, 3, 4].map((at) => c.message({ expiresAt: c.at(at) }))));
      expect(await log().expire(c.at(9), 2)).toBe(2);
      const left = (await log().entries(c.id, all)).filter(({ entry }) => entry.kind === "message" && !entry.deletedAt);
      expect(seqs(left)).toEqual([1]);
    });
  });

  describe("prune", () => {
    const raiseFloor = (c: TestConversation, floorSeq: number, snapSeq = floorSeq) =>
      log().append(c.commit([], { record: c.record({ snapSeq, snapN: snapSeq, snapAt: c.at(snapSeq), floorSeq }) }));

    test("deletes up to the record's floor and no further, a little at a time", async () => {
      const c = await startConversation(log(), { messages: 6 });
      expect(await log().prune(c.id, 100)).toBe(0);
      await log().append(c.commit([], { views: [c.view(1, { asOf: 6 }), c.view(5, { asOf: 6 })] }));
      await raiseFloor(c, 4);
      expect(await log().prune(c.id, 3)).toBe(3);
      expect(seqs(await log().entries(c.id, all))).toEqual([4, 5, 6]);
      expect(await log().prune(c.id, 3)).toBe(1);
      expect(await log().prune(c.id, 3)).toBe(0);
      expect(seqs(await log().entries(c.id, all))).toEqual([5, 6]);
      expect((await log().views(c.id, [1, 5])).map(({ seq }) => seq)).toEqual([5]);
      expect(await log().prune("nowhere", 3)).toBe(0);
    });

    test("forgets what it deletes: id, clientMsgId and mentions", async () => {
      const c = await startConversation(log());
      const message = c.message({ clientMsgId: "x", mentions: ["bob"] });
      await log().append(c.commit([message]));
      await raiseFloor(c, 1);
      await log().prune(c.id, 9);
      expect(await log().locate(message.entry.id)).toBeNull();
      expect(await log().countMentions(c.id, "bob", 0, 9)).toBe(0);
      await log().append(c.commit([c.message({ clientMsgId: "x" })]));
      expect(seqs(await log().entries(c.id, all))).toEqual([2]);
    });

    test("leaves a log that is empty now where it was: the next entry follows the last", async () => {
      const c = await startConversation(log(), { messages: 3, members: ["ann"] });
      await raiseFloor(c, 3);
      expect(await log().prune(c.id, 9)).toBe(3);
      const last = { lastSeq: 3, lastN: 3, lastAt: c.at(3) };
      expect(await log().heads([c.id])).toEqual([{ conversationId: c.id, ...last }]);
      expect(await log().member(c.id, "ann")).toMatchObject(last);
      expect(await log().load(c.id)).toMatchObject({ tail: [], last: { seq: 3, n: 3, createdAt: c.at(3) } });
      await expect(log().append(c.commit([c.message({ seq: 1 })]))).rejects.toThrow("seq");
      await log().append(c.commit([c.message()]));
      expect(seqs(await log().entries(c.id, all))).toEqual([4]);
    });

    test("lastBefore is the last entry older than that above the floor", async () => {
      const c = await startConversation(log(), { messages: 9 });
      expect(await Promise.all([1, 2, 6, 99].map((at) => log().lastBefore(c.id, c.at(at))))).toEqual([0, 1, 5, 9]);
      await raiseFloor(c, 5);
      expect(await log().lastBefore(c.id, c.at(6))).toBe(0);
      expect(await log().lastBefore(c.id, c.at(7))).toBe(6);
      expect(await log().lastBefore("nowhere", c.at(7))).toBe(0);
    });

    test("prunable names the last entry older than that, of conversations that have one above their floor", async () => {
      const [c, d] = [await startConversation(log(), { messages: 9 }), await startConversation(log(), { messages: 3 })];
      await startConversation(log());
      const prunable = async (at: string, limit = 9) => {
        const found = await log().prunable(at, limit);
        return Object.fromEntries(found.map(({ conversationId, floorSeq }) => [conversationId, floorSeq]));
      };
      const page = await log().prunable(c.at(6), 1);
      const next = await log().prunable(c.at(6), 9, page[0]);
      expect([...page, ...next].map(({ conversationId }) => conversationId).toSorted()).toEqual([c.id, d.id].toSorted());
      expect(page[0]).toMatchObject({ oldestAt: c.at(1) });
      expect(await prunable(c.at(1))).toEqual({});
      expect(await prunable(c.at(6))).toEqual({ [c.id]: 5, [d.id]: 3 });
      expect(await prunable(c.at(99))).toEqual({ [c.id]: 9, [d.id]: 3 });
      expect(Object.keys(await prunable(c.at(6), 1))).toHaveLength(1);
      await raiseFloor(d, 3);
      await raiseFloor(c, 5, 6);
      expect(await prunable(c.at(6))).toEqual({});
      expect(await prunable(c.at(8))).toEqual({ [c.id]: 7 });
      await log().prune(c.id, 99);
      await log().prune(d.id, 99);
      expect(await prunable(c.at(8))).toEqual({ [c.id]: 7 });
      await log().append(d.commit(d.messages(1)));
      expect(await prunable(c.at(5))).toEqual({ [d.id]: 4 });
    });
  });
}
