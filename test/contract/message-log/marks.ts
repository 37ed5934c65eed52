import { describe, expect, test } from "@jest/globals";
import type { MessageLog } from "../../../stores/message-log.ts";
import { startConversation, TestConversation } from "../test-conversation.ts";

export function marksContract(log: () => MessageLog): void {
  /** Makes so many conversations, marked in their first commit; answers their ids, sorted. */
  async function marked(incarnation: string, count: number): Promise<string[]> {
    const conversations = Array.from({ length: count }, () => new TestConversation());
    const first = (c: TestConversation) => c.commit(c.messages(1), { record: c.record(), activeOn: incarnation });
    await Promise.all(conversations.map((c) => log().append(first(c))));
    return conversations.map(({ id }) => id).sort();
  }
  const markedWith = async (incarnation: string) => (await log().activeOn(incarnation, 100)).sort();

  describe("a conversation's mark", () => {
    test("comes with a commit, and tells which conversations an incarnation had", async () => {
      const [onA, onB] = [await marked("a~1", 3), await marked("b~1", 2)];
      await startConversation(log(), { messages: 1 });
      expect(await markedWith("a~1")).toEqual(onA);
      expect(await markedWith("b~1")).toEqual(onB);
      expect(await markedWith("a")).toEqual([]);
      expect((await log().incarnations()).sort()).toEqual(["a~1", "b~1"]);
    });

    test("stays when a commit has none, and gives way to another incarnation's", async () => {
      const c = await startConversation(log());
      await log().append(c.commit(c.messages(1), { activeOn: "a~1" }));
      await log().append(c.commit(c.messages(1), { record: c.record({ snapSeq: 2 }) }));
      expect(await markedWith("a~1")).toEqual([c.id]);
      await log().append(c.commit([], { activeOn: "b~1" }));
      expect(await log().incarnations()).toEqual(["b~1"]);
      expect(await markedWith("b~1")).toEqual([c.id]);
    });

    test("is not set by a commit that is refused", async () => {
      const c = await startConversation(log(), { messages: 1 });
      await expect(log().append(c.commit([c.message({ seq: 7 })], { activeOn: "a~1" }))).rejects.toThrow("seq");
      expect(await log().incarnations()).toEqual([]);
    });

    test("is taken off by its own incarnation only", async () => {
      const [first = "", second = ""] = await marked("a~1", 2);
      const [other = ""] = await marked("b~1", 1);
      await log().unmark("a~1", [first, other]);
      expect(await markedWith("a~1")).toEqual([second]);
      expect(await markedWith("b~1")).toEqual([other]);
      await log().unmark("a~1", []);
      await log().unmark("b~1", [other]);
      expect(await log().incarnations()).toEqual(["a~1"]);
    });

    test("is found page by page, also when what was found before has lost it", async () => {
      const ids = await marked("a~1", 7);
      const pages: string[][] = [];
      for (let page = await log().activeOn("a~1", 3); page.length; page = await log().activeOn("a~1", 3, page.at(-1))) {
        pages.push(page);
        await log().unmark("a~1", page);
      }
      expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
      expect(pages.flat().sort()).toEqual(ids);
    });
  });
}
