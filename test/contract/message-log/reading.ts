import { describe, expect, test } from "@jest/globals";
import type { EntryRange, MessageLog, StoredEntry } from "../../../stores/message-log.ts";
import { seqs, startConversation, type TestConversation } from "../test-conversation.ts";

export function readingContract(log: () => MessageLog): void {
  describe("load", () => {
    test("is null for a conversation that is not there", async () => {
      expect(await log().load("nowhere")).toBeNull();
    });

    test("gives all entries above the snapshot, and the last one also when it lies within", async () => {
      const c = await startConversation(log(), { messages: 1200 });
      const record = c.record({ snapSeq: 3, snapN: 3, snapAt: c.at(3) });
      await log().append(c.commit([], { record }));
      const loaded = await log().load(c.id);
      expect(seqs(loaded?.tail ?? [])).toEqual(Array.from({ length: 1197 }, (_, i) => i + 4));
      expect(loaded?.last).toEqual({ seq: 1200, n: 1200, createdAt: c.at(1200) });

      await log().append(c.commit([], { record: { ...record, snapSeq: 1200 } }));
      expect(await log().load(c.id)).toMatchObject({ tail: [], last: { seq: 1200, n: 1200 } });
    });
  });

  describe("entries", () => {
    test.each<[string, EntryRange, number[]]>([
      ["after is exclusive", { after: 2, limit: 3 }, [3, 4, 5]],
      ["through is inclusive", { after: 0, through: 2, limit: 9 }, [1, 2]],
      ["the end of the log ends it", { after: 7, limit: 9 }, [8, 9]],
      ["nothing above the end", { after: 9, limit: 9 }, []],
      ["descending takes the newest", { after: 0, limit: 2, descending: true }, [9, 8]],
      ["descending stays in the range", { after: 1, through: 4, limit: 9, descending: true }, [4, 3, 2]],
      ["messages only", { after: 0, limit: 9, kind: "message" }, [1, 3, 5, 7, 9]],
      ["messages only, within a range", { after: 1, through: 7, limit: 2, kind: "message" }, [3, 5]],
      ["messages only, descending", { after: 1, through: 8, limit: 2, kind: "message", descending: true }, [7, 5]],
    ])("%s", async (_, range, expected) => {
      const c = await startConversation(log());
      const target = "m";
      const entries = Array.from({ length: 9 }, (_, i) =>
        i % 2 === 0 ? c.message() : c.entry({ kind: "pin", target, op: "add" }),
      );
      await log().append(c.commit(entries));
      expect(seqs(await log().entries(c.id, range))).toEqual(expected);
    });

    test("messages only, wherever one begins and however much lies between them", async () => {
      const c = await startConversation(log());
      const runs = [0, 70, 1, 300, 2, 129, 0, 64, 65].flatMap((others) => [c.message(), ...pins(c, others)]);
      await log().append(c.commit(runs));
      const messages = runs.filter(({ entry }) => entry.kind === "message").map(({ entry }) => entry.seq);
      for (const limit of [1, 4, 50]) {
        for (const edge of [...messages, 1, 40, 500, runs.length]) {
          const above = messages.filter((seq) => seq > edge);
          const below = messages.filter((seq) => seq <= edge).reverse();
          const up: EntryRange = { after: edge, limit, kind: "message" };
          expect(seqs(await log().entries(c.id, up))).toEqual(above.slice(0, limit));
          const down: EntryRange = { after: 0, through: edge, limit, kind: "message", descending: true };
          expect(seqs(await log().entries(c.id, down))).toEqual(below.slice(0, limit));
        }
      }
    });

    test("messages only, of a log without any and of one whose beginning is gone", async () => {
      const none = await startConversation(log());
      await log().append(none.commit(pins(none, 200)));
      const c = await startConversation(log());
      const entries = [c.message(), ...pins(c, 150), c.message(), ...pins(c, 150)];
      await log().append(c.commit(entries));
      await log().append(c.commit([], { record: c.snapshotAt(entries[100] as StoredEntry, { floorSeq: 101 }) }));
      await log().prune(c.id, 1000);
      for (const descending of [false, true]) {
        const range: EntryRange = { after: 0, limit: 9, kind: "message", descending };
        expect(await log().entries(none.id, range)).toEqual([]);
        expect(seqs(await log().entries(c.id, range))).toEqual([152]);
      }
    });

    test("are none in a conversation that is not there", async () => {
      expect(await log().entries("nowhere", { after: 0, limit: 9 })).toEqual([]);
    });
  });

  describe("looking up", () => {
    test("by clientMsgId gives what is stored of them", async () => {
      const c = await startConversation(log());
      const message = c.message({ clientMsgId: "x" });
      const edit = c.entry({ kind: "edit", target: "m", content: "", clientMsgId: "x" }, { senderId: "bob" });
      await log().append(c.commit([message, edit]));
      const find = (senderId: string, clientMsgId = "x") => log().findByClientMsgId(c.id, [{ senderId, clientMsgId }]);
      expect(await find("ann")).toEqual([message]);
      expect(await find("bob")).toEqual([edit]);
      expect(await find("cem")).toEqual([]);
      expect(await find("ann", "y")).toEqual([]);
      const both = [
        { senderId: "bob", clientMsgId: "x" },
        { senderId: "ann", clientMsgId: "none" },
        { senderId: "ann", clientMsgId: "x" },
      ];
      expect(seqs(await log().findByClientMsgId(c.id, both)).toSorted()).toEqual([1, 2]);
      expect(await log().findByClientMsgId("nowhere", both)).toEqual([]);
    });

    test("locate finds messages, not what changed them", async () => {
      const c = await startConversation(log(), { messages: 1 });
      const message = c.message();
      const edit = c.entry({ kind: "edit", target: message.entry.id, content: "" });
      await log().append(c.commit([message, edit]));
      expect(await log().locate(message.entry.id)).toEqual({ conversationId: c.id, seq: 2 });
      expect(await log().locate(edit.entry.id)).toBeNull();
    });

    test("views of nothing are none", async () => {
      const c = await startConversation(log(), { messages: 1 });
      expect(await log().views(c.id, [])).toEqual([]);
      expect(await log().views(c.id, [1])).toEqual([]);
      expect(await log().views("nowhere", [1])).toEqual([]);
    });
  });

  describe("counting", () => {
    test("mentions of a user or of all, by others, after and through", async () => {
      const c = await startConversation(log());
      const mention = (mentions: "all" | string[], senderId = "ann") => c.message({ mentions, senderId });
      const entries = [
        mention(["bob"]),
        mention("all"),
        mention("all", "bob"),
        mention(["bob"], "bob"),
        mention(["cem"]),
        mention(["cem", "bob", "bob"]),
      ];
      await log().append(c.commit([...entries, c.entry({ kind: "edit", target: "m", content: "", mentions: ["bob"] })]));
      const count = (after: number, through: number, user = "bob") => log().countMentions(c.id, user, after, through);
      expect(await count(0, 99)).toBe(3);
      expect(await count(1, 6)).toBe(2);
      expect(await count(0, 5)).toBe(2);
      expect(await count(6, 99)).toBe(0);
      expect(await count(0, 99, "cem")).toBe(4);
      expect(await count(0, 99, "dan")).toBe(2);
      expect(await log().countMentions("nowhere", "bob", 0, 99)).toBe(0);
    });

    test("senders of messages, each with the last one, after and through", async () => {
      const c = await startConversation(log());
      const from = (senderId: string) => c.message({ senderId });
      const pin = c.entry({ kind: "pin", target: "m", op: "add" }, { seq: 5, senderId: "dan" });
      await log().append(c.commit([from("ann"), from("bob"), from("ann"), from("cem"), pin]));
      const senders = async (after: number, through: number) =>
        Object.fromEntries((await log().senders(c.id, after, through)).map(({ senderId, seq }) => [senderId, seq]));
      expect(await senders(0, 99)).toEqual({ ann: 3, bob: 2, cem: 4 });
      expect(await senders(1, 2)).toEqual({ bob: 2 });
      expect(await senders(4, 99)).toEqual({});
      expect(await log().senders("nowhere", 0, 9)).toEqual([]);
    });
  });
}

const pins = (c: TestConversation, count: number): StoredEntry[] =>
  Array.from({ length: count }, () => c.entry({ kind: "pin", target: "m", op: "add" }));
