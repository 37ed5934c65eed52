import { describe, expect, test } from "@jest/globals";
import { UnavailableError } from "../../../contracts/errors.ts";
import { CommitCut, CommitRefused, type MessageLog } from "../../../stores/message-log.ts";
import { seqs, startConversation, TestConversation } from "../test-conversation.ts";

const all = { after: 0, limit: 1000 };

export function appendContract(log: () => MessageLog): void {
  const refusal = (reason: string) => expect.objectContaining({ name: "CommitRefused", reason });
  const stored = async (conversation: TestConversation) => seqs(await log().entries(conversation.id, all));

  describe("append", () => {
    test("keeps every kind of entry as it was given", async () => {
      const c = await startConversation(log());
      const message = c.message({
        clientMsgId: "m1",
        type: "image",
        content: 'two\nlines, "quotes", 😀, \u0000 and \\',
        metadata: { a: [1, null, { b: "é" }], "$.x": true },
        replyTo: "r",
        forwardedFrom: "f",
        mentions: ["bob", "cem"],
        attachments: [{ fileId: "f", name: "n", mimeType: "image/png", size: 1, width: 2, height: 3, durationMs: 4 }],
        expiresAt: "2027-01-01T00:00:00.001Z",
      });
      message.hiddenFor = ["bob"];
      const target = message.entry.id;
      const entries = [
        message,
        c.entry({ kind: "edit", target, content: "new", metadata: { x: 1 }, mentions: "all", clientMsgId: "e1" }),
        c.entry({ kind: "reaction", target, emoji: "👍", op: "add" }),
        c.entry({ kind: "pin", target, op: "remove" }),
        c.entry({ kind: "delete", target }),
        c.entry({ kind: "member", op: "add", userIds: ["bob", "cem"], role: "admin" }),
        c.entry({ kind: "update", changes: { name: "N", maxMembers: 5, isPrivate: false, closed: true } }),
        c.message({ mentions: "all", deletedAt: c.at(9) }),
      ];
      await log().append(c.commit(entries));
      expect(await log().entries(c.id, all)).toEqual(entries);
    });

    test("refuses the first entries of a conversation without its record", async () => {
      const c = new TestConversation();
      await expect(log().append(c.commit(c.messages(1)))).rejects.toEqual(refusal("refused"));
      expect(await log().load(c.id)).toBeNull();
    });

    test.each([
      ["a seq that is taken", 2],
      ["a seq that would leave a hole", 4],
    ])("refuses %s, with everything in the commit", async (_, seq) => {
      const c = await startConversation(log(), { messages: 2, members: ["ann"] });
      const commit = c.commit([c.message({ seq })], {
        record: c.record({ snapSeq: seq }),
        members: [c.member("bob", { asOf: seq })],
        views: [c.view(1)],
        blank: { seqs: [1], deletedAt: c.at(9) },
      });
      const before = await log().load(c.id);
      await expect(log().append(commit)).rejects.toEqual(refusal("seq"));
      expect(await log().load(c.id)).toEqual(before);
      expect(await log().views(c.id, [1])).toEqual([]);
    });

    test("refuses a hole within a commit", async () => {
      const c = await startConversation(log());
      await expect(log().append(c.commit([c.message({ seq: 1 }), c.message({ seq: 3 })]))).rejects.toEqual(refusal("seq"));
      expect(await stored(c)).toEqual([]);
    });

    test("refuses a sender's clientMsgId a second time, and all that comes behind it", async () => {
      const c = await startConversation(log());
      await log().append(c.commit([c.message({ clientMsgId: "x" })]));
      const again = c.commit([c.message({ clientMsgId: "x" }), c.message()]);
      await expect(log().append(again)).rejects.toEqual(refusal("clientMsgId"));
      expect(await stored(c)).toEqual([1]);
    });

    test("takes the same clientMsgId from another sender, in another conversation, and none any number of times", async () => {
      const [c, d] = [await startConversation(log()), await startConversation(log())];
      const twice = [c.message({ clientMsgId: "x" }), c.message({ clientMsgId: "x", senderId: "bob" }), ...c.messages(2)];
      await log().append(c.commit(twice));
      await log().append(d.commit([d.message({ clientMsgId: "x" })]));
      expect(await stored(c)).toEqual([1, 2, 3, 4]);
      expect(await stored(d)).toEqual([1]);
    });

    test("refuses the id of a message that is stored already, wherever it is", async () => {
      const [c, d] = [await startConversation(log()), await startConversation(log())];
      await log().append(c.commit([c.message({ id: "twin" })]));
      await expect(log().append(d.commit([d.message({ id: "twin" })]))).rejects.toThrow(CommitRefused);
      expect(await stored(d)).toEqual([]);
    });

    test.each(["id", "clientMsgId"])(
      "of a commit with an %s that is stored already, keeps what it says it does",
      async (what) => {
        const [c, d] = [await startConversation(log()), await startConversation(log())];
        await log().append(c.commit([c.message({ [what]: "twin" })]));
        const commit = c.commit([...c.messages(2), c.message({ [what]: "twin" }), ...c.messages(1)]);
        const other = log().append(d.commit(d.messages(3)));
        const error = await log()
          .append(commit)
          .catch((error: unknown) => error);
        expect(await stored(c)).toEqual([1, 2, 3].slice(0, 1 + keptOf(error)));
        await expect(other).resolves.toBeUndefined();
        expect(await stored(d)).toEqual([1, 2, 3]);
      },
    );

    test("lets one of many commits for the same seq win, whole", async () => {
      const c = await startConversation(log());
      const rivals = Array.from({ length: 8 }, (_, i) =>
        c.commit([c.message({ seq: 1, content: `${i}` }), c.message({ seq: 2, content: `${i}` })]),
      );
      const results = await Promise.allSettled(rivals.map((rival) => log().append(rival)));
      const winners = results.flatMap(({ status }, i) => (status === "fulfilled" ? [i] : []));
      expect(winners).toHaveLength(1);
      const contents = (await log().entries(c.id, all)).map(({ entry }) => entry.kind === "message" && entry.content);
      expect(contents).toEqual([`${winners[0]}`, `${winners[0]}`]);
    });

    test("does not let a refusal in one conversation fail the others", async () => {
      const conversations = await Promise.all(Array.from({ length: 40 }, () => startConversation(log())));
      const results = await Promise.allSettled(
        conversations.map((c, i) => log().append(c.commit([i % 2 ? c.message({ seq: 7 }) : c.message()]))),
      );
      expect(results.map(({ status }) => status)).toEqual(conversations.map((_, i) => (i % 2 ? "rejected" : "fulfilled")));
      expect(await Promise.all(conversations.map(stored))).toEqual(conversations.map((_, i) => (i % 2 ? [] : [1])));
    });

    test("is seen by every read from when it resolves", async () => {
      const c = await startConversation(log(), { members: ["ann"] });
      const seen = { lastSeq: 1, lastN: 1, lastAt: c.at(1) };
      const message = c.message({ clientMsgId: "x", mentions: ["bob"] });
      await log().append(c.commit([message]));
      expect(await log().entries(c.id, all)).toEqual([message]);
      expect((await log().load(c.id))?.last.seq).toBe(1);
      expect(await log().heads([c.id])).toEqual([{ conversationId: c.id, ...seen }]);
      expect(await log().member(c.id, "ann")).toMatchObject(seen);
      expect(await log().locate(message.entry.id)).toEqual({ conversationId: c.id, seq: 1 });
      expect(await log().countMentions(c.id, "bob", 0, 1)).toBe(1);
    });
  });

  describe("a closed log", () => {
    test("keeps what was being appended and is not available any more", async () => {
      const c = await startConversation(log());
      const last = log().append(c.commit([c.message()]));
      await log().close();
      await expect(last).resolves.toBeUndefined();
      await expect(log().append(c.commit([c.message()]))).rejects.toThrow(UnavailableError);
      await expect(log().load(c.id)).rejects.toThrow(UnavailableError);
      await expect(log().ping()).rejects.toThrow(UnavailableError);
    });

    test("answers a ping until then, and may be closed twice", async () => {
      await expect(log().ping()).resolves.toBeUndefined();
      await log().close();
      await expect(log().close()).resolves.toBeUndefined();
    });
  });
}

/** How many entries of a commit that contradicts the log are stored. */
export function keptOf(error: unknown): number {
  if (error instanceof CommitCut) return error.kept;
  expect(error).toBeInstanceOf(CommitRefused);
  return 0;
}
