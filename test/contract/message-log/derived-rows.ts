import { describe, expect, test } from "@jest/globals";
import type { MessageLog } from "../../../stores/message-log.ts";
import { startConversation, TestConversation } from "../test-conversation.ts";

export function derivedRowsContract(log: () => MessageLog): void {
  describe("the rows beside a log", () => {
    test("may be all of a commit, as when a direct conversation is made", async () => {
      const c = new TestConversation();
      const record = c.record({ type: "direct", settings: { name: "N", closed: true }, epoch: 3 });
      await log().append(c.commit([], { record, members: [c.member("ann"), c.member("bob")] }));
      expect(await log().load(c.id)).toEqual({
        record,
        members: [c.member("ann"), c.member("bob")],
        tail: [],
        last: { seq: 0, n: 0, createdAt: record.createdAt },
      });
    });

    test("a record changes only by a newer snapshot", async () => {
      const c = await startConversation(log(), { messages: 4 });
      const newer = c.record({ snapSeq: 3, snapN: 3, snapAt: c.at(3), version: 2, settings: { name: "new" } });
      await log().append(c.commit([], { record: newer }));
      await log().append(c.commit([], { record: c.record({ snapSeq: 3, settings: { name: "same" } }) }));
      await log().append(c.commit([], { record: c.record({ snapSeq: 2, settings: { name: "old" } }) }));
      expect((await log().load(c.id))?.record).toEqual(newer);
    });

    test("a floor never goes back, and rises beside a snapshot that is not newer", async () => {
      const c = await startConversation(log(), { messages: 4 });
      const floor = async (snapSeq: number, floorSeq: number) => {
        await log().append(c.commit([], { record: c.record({ snapSeq, floorSeq }) }));
        return (await log().load(c.id))?.record;
      };
      expect(await floor(3, 1)).toMatchObject({ snapSeq: 3, floorSeq: 1 });
      expect(await floor(4, 0)).toMatchObject({ snapSeq: 4, floorSeq: 1 });
      expect(await floor(4, 2)).toMatchObject({ snapSeq: 4, floorSeq: 2 });
      expect(await floor(3, 3)).toMatchObject({ snapSeq: 4, floorSeq: 3 });
    });

    test("a member changes only by a newer one", async () => {
      const c = await startConversation(log(), { members: ["ann", "bob"] });
      const left = c.member("bob", { role: "admin", intervals: [{ from: 1, to: 5 }], asOf: 5, joinedAt: c.at(5) });
      await log().append(c.commit([], { members: [left] }));
      await log().append(c.commit([], { members: [c.member("bob", { asOf: 5 }), c.member("bob", { asOf: 4 })] }));
      const members = await log().members(c.id);
      expect(members.toSorted((a, b) => a.userId.localeCompare(b.userId))).toEqual([c.member("ann"), left]);
    });

    test("a view is read whole, and changes only by a newer one", async () => {
      const c = await startConversation(log(), { messages: 3 });
      const view = c.view(1, {
        asOf: 9,
        content: "new",
        metadata: { a: { b: [1] } },
        mentions: ["bob"],
        editedAt: c.at(8),
        deletedAt: c.at(9),
        pinned: true,
        reactions: { "👍": ["ann", "bob"] },
        edits: [7, 8],
      });
      await log().append(c.commit([], { views: [view, c.view(3)] }));
      await log().append(c.commit([], { views: [c.view(1, { asOf: 9 }), c.view(1, { asOf: 8 })] }));
      const views = await log().views(c.id, [1, 2, 3, 99]);
      expect(views.toSorted((a, b) => a.seq - b.seq)).toEqual([view, c.view(3)]);
    });
  });

  describe("blanking", () => {
    test("empties messages and edits for good, marks the messages, and leaves everything else", async () => {
      const c = await startConversation(log());
      const wordy = { content: "secret", metadata: { a: 1 }, mentions: ["bob"] };
      const attachments = [{ fileId: "f", name: "secret", mimeType: "a/b", size: 1 }];
      const message = c.message({ ...wordy, attachments, replyTo: "r", clientMsgId: "x" });
      const edit = c.entry({ kind: "edit", target: message.entry.id, ...wordy });
      const other = c.message({ mentions: ["bob"] });
      await log().append(c.commit([message, edit, other]));
      await log().append(c.commit([], { blank: { seqs: [1, 2], deletedAt: c.at(9) } }));

      const {
        metadata: _,
        mentions,
        attachments: __,
        ...bare
      } = message.entry as Extract<typeof message.entry, { kind: "message" }>;
      const { metadata: ___, mentions: ____, ...bareEdit } = edit.entry as Extract<typeof edit.entry, { kind: "edit" }>;
      expect(mentions).toEqual(["bob"]);
      expect(await log().entries(c.id, { after: 0, limit: 9 })).toEqual([
        { entry: { ...bare, content: "", deletedAt: c.at(9) } },
        { entry: { ...bareEdit, content: "" } },
        other,
      ]);
      expect(await log().countMentions(c.id, "bob", 0, 9)).toBe(1);
    });

    test("keeps the id and the clientMsgId, and the time of the first deletion", async () => {
      const c = await startConversation(log());
      const message = c.message({ clientMsgId: "x" });
      await log().append(c.commit([message], { blank: { seqs: [1], deletedAt: c.at(5) } }));
      await log().append(c.commit([], { blank: { seqs: [1], deletedAt: c.at(6) } }));
      expect(await log().locate(message.entry.id)).toEqual({ conversationId: c.id, seq: 1 });
      expect(await log().findByClientMsgId(c.id, [{ senderId: "ann", clientMsgId: "x" }])).toMatchObject([
        { entry: { seq: 1, content: "", deletedAt: c.at(5) } },
      ]);
      await expect(log().append(c.commit([c.message({ clientMsgId: "x" })]))).rejects.toThrow("clientMsgId");
    });
  });
}
