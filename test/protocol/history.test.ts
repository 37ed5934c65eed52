import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { directBetween, expectProblem, groupOf, type Json, newKey, type Person, say, signUp } from "./people.ts";
import { connectWebSocket, online } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

const page = async (person: Person, id: string, query = ""): Promise<Json> =>
  (await person.call("GET", `/conversations/${id}/messages?${query}`)).body;
const entriesOf = async (person: Person, id: string, query = ""): Promise<Json> =>
  (await person.call("GET", `/conversations/${id}/entries?${query}`)).body;
const outline = ({ items, hasMoreBefore, hasMoreAfter }: Json) => [hasMoreBefore, items.map((m: Json) => m.seq), hasMoreAfter];

describe("history", () => {
  test("has ends: before the first, after the last, and around what is no message", async () => {
    const { ada, bob, conversationId } = await pair();
    const first = await say(ada, conversationId, "1");
    await say(bob, conversationId, "2");
    await ada.call("PATCH", `/messages/${first.id}`, { content: "1!" });
    await say(ada, conversationId, "4");
    const at = async (query: string) => outline(await page(bob, conversationId, query));
    expect(await at("")).toEqual([false, [1, 2, 4], false]);
    expect(await at("before=1")).toEqual([false, [], true]);
    expect(await at("after=0")).toEqual([false, [1, 2, 4], false]);
    expect(await at("after=0&limit=1")).toEqual([false, [1], true]);
    expect(await at("after=4")).toEqual([true, [], false]);
    expect(await at("before=4&limit=1")).toEqual([true, [2], true]);
    expect(await at("around=3")).toEqual([false, [1, 2, 4], false]);
    expect(await at("around=1&limit=1")).toEqual([false, [1], true]);
    expect(await at("around=4&limit=1")).toEqual([true, [4], false]);
    expect(await at("before=9007199254740991")).toEqual([false, [1, 2, 4], false]);
  });

  test("of an empty conversation is empty", async () => {
    const { ada, conversationId } = await pair();
    expect(await page(ada, conversationId)).toEqual({ items: [], hasMoreBefore: false, hasMoreAfter: false, asOf: 0 });
    expect(await entriesOf(ada, conversationId)).toEqual({ items: [], lastSeq: 0, epoch: expect.any(Number) });
  });

  test.each(["before=x", "before=-1", "after=1.5", "around=", "before=1&around=1", "after=1&before=5", "limit=0"])(
    "?%s is VALIDATION",
    async (query) => {
      const { ada, conversationId } = await pair();
      expectProblem(await ada.call("GET", `/conversations/${conversationId}/messages?${query}`), 422, "VALIDATION");
    },
  );

  test("is as of a seq: applying the entries above it gives what it is now", async () => {
    const { ada, bob, conversationId } = await pair();
    const message = await say(ada, conversationId, "1");
    await bob.call("PUT", `/messages/${message.id}/reactions/${encodeURIComponent("👍")}`);
    const then = await page(ada, conversationId);
    expect(then.asOf).toBe(2);
    await ada.call("PUT", `/messages/${message.id}/reactions/${encodeURIComponent("👍")}`);
    const above = await entriesOf(ada, conversationId, `after=${then.asOf}`);
    expect(above.items).toMatchObject([{ seq: 3, kind: "reaction", op: "add", emoji: "👍", senderId: ada.id }]);
    expect((await page(ada, conversationId)).items[0].reactions).toEqual({ "👍": { count: 2, me: true } });
  });

  test("keeps the original in the log, and shows the last edit", async () => {
    const { ada, bob, conversationId } = await pair();
    const sent = (
      await ada.call("POST", `/conversations/${conversationId}/messages`, {
        clientMsgId: newKey(),
        content: "one",
        metadata: { a: 1 },
      })
    ).body;
    await ada.call("PATCH", `/messages/${sent.id}`, { content: "two", metadata: { b: 2 } });
    await ada.call("PATCH", `/messages/${sent.id}`, { content: "three", mentions: [bob.id] });
    const { items } = await entriesOf(bob, conversationId);
    expect(items).toMatchObject([
      { seq: 1, kind: "message", content: "one", metadata: { a: 1 } },
      { seq: 2, kind: "edit", content: "two", metadata: { b: 2 }, target: sent.id },
      { seq: 3, kind: "edit", content: "three", mentions: [bob.id], target: sent.id },
    ]);
    expect((await page(bob, conversationId)).items).toMatchObject([
      { id: sent.id, seq: 1, content: "three", metadata: { b: 2 }, editedAt: items[2].createdAt, createdAt: sent.createdAt },
    ]);
  });
});

describe("raw entries", () => {
  test("page forward to the end and not beyond", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 1; i <= 3; i++) await say(ada, conversationId, `${i}`);
    const seqs = async (query: string) => (await entriesOf(bob, conversationId, query)).items.map((e: Json) => e.seq);
    expect(await seqs("after=0&limit=2")).toEqual([1, 2]);
    expect(await seqs("after=2&limit=2")).toEqual([3]);
    expect(await seqs("after=3")).toEqual([]);
    expect(await entriesOf(bob, conversationId, "after=99")).toMatchObject({ items: [], lastSeq: 3 });
    for (const query of ["after=-1", "after=x", "epoch=x", "limit=201"]) {
      expectProblem(await bob.call("GET", `/conversations/${conversationId}/entries?${query}`), 422, "VALIDATION");
    }
  });
});

describe("a change to a message", () => {
  test.each([
    ["an edit to nothing", "PATCH", "", { content: "" }],
    ["an edit of 16,385 units", "PATCH", "", { content: "x".repeat(16_385) }],
    ["an edit without content", "PATCH", "", {}],
    ["a deletion for somebody", "DELETE", "?for=them", undefined],
    ["a deletion for nobody", "DELETE", "", undefined],
    ["a reaction of white space", "PUT", "/reactions/%20", undefined],
    ["a reaction of a whole sentence", "PUT", `/reactions/${"x".repeat(40)}`, undefined],
  ])("%s is VALIDATION", async (_, method, path, body) => {
    const { ada, conversationId } = await pair();
    const { id } = await say(ada, conversationId, "x");
    expectProblem(await ada.call(method, `/messages/${id}${path}`, body), 422, "VALIDATION");
    expect((await entriesOf(ada, conversationId)).lastSeq).toBe(1);
  });

  test("that is no message is NOT_FOUND", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const id = await groupOf(ada, bob);
    const message = await say(ada, id, "x");
    await ada.call("PATCH", `/messages/${message.id}`, { content: "y" });
    const { items } = await entriesOf(ada, id);
    for (const entry of [items[0], items[2]]) {
      expectProblem(await ada.call("PATCH", `/messages/${entry.id}`, { content: "z" }), 404, "NOT_FOUND");
      expectProblem(await ada.call("PUT", `/messages/${entry.id}/pin`), 404, "NOT_FOUND");
    }
  });

  test("that I hid from myself is mine no more", async () => {
    const { ada, bob, conversationId } = await pair();
    const { id } = await say(ada, conversationId, "x");
    const hide = () => bob.call("DELETE", `/messages/${id}?for=me`);
    expect(await hide()).toMatchObject({ status: 200, body: { conversationId, seq: 1 } });
    expect(await hide()).toMatchObject({ status: 200, body: { conversationId, seq: 1 } });
    expect((await page(ada, conversationId)).items).toHaveLength(1);
  });

  test("every other one, once it is deleted, is GONE", async () => {
    const { ada, bob, conversationId } = await pair();
    const { id } = await say(ada, conversationId, "x");
    await bob.call("PUT", `/messages/${id}/pin`);
    await bob.call("PUT", `/messages/${id}/reactions/x`);
    await ada.call("DELETE", `/messages/${id}?for=everyone`);
    for (const [method, path, body] of [
      ["PATCH", "", { content: "y" }],
      ["PUT", "/reactions/y", undefined],
      ["DELETE", "/reactions/x", undefined],
      ["PUT", "/pin", undefined],
      ["DELETE", "/pin", undefined],
    ] as const) {
      expectProblem(await ada.call(method, `/messages/${id}${path}`, body), 410, "GONE");
    }
    const [item] = (await page(bob, conversationId)).items;
    expect(item).toMatchObject({ content: "", reactions: {}, deletedAt: expect.any(String) });
    expect(item).not.toHaveProperty("pinned");
  });
});

describe("an expiring message", () => {
  test.each([0, -1, 1.5, "5", null, 10 ** 12])("of expiresIn %j is VALIDATION", async (expiresIn) => {
    const { ada, conversationId } = await pair();
    const message = { clientMsgId: newKey(), content: "x", expiresIn };
    expectProblem(await ada.call("POST", `/conversations/${conversationId}/messages`, message), 422, "VALIDATION");
  });

  test("is emptied everywhere when its time is up, its edits too, and no entry says so", async () => {
    const { ada, bob, conversationId } = await pair();
    const b = await online(connectWebSocket, target, bob);
    const message = {
      clientMsgId: newKey(),
      content: "secret",
      metadata: { secret: true },
      mentions: [bob.id],
      attachments: [{ fileId: "f", name: "secret", mimeType: "a/b", size: 1 }],
      expiresIn: 1,
    };
    const sent = await ada.call("POST", `/conversations/${conversationId}/messages`, message);
    expect(await b.next("entry")).toMatchObject({ content: "secret", expiresAt: sent.body.expiresAt });
    await ada.call("PATCH", `/messages/${sent.body.id}`, { content: "more secret", metadata: { secret: "more" } });
    await wait(Math.max(0, Date.parse(sent.body.expiresAt) - Date.now()) + 300);
    const tablet = await online(connectWebSocket, target, bob);
    const everywhere = {
      history: await page(bob, conversationId),
      entries: await entriesOf(bob, conversationId),
      sync: (await bob.call("GET", "/sync")).body,
      conversation: (await bob.call("GET", `/conversations/${conversationId}`)).body,
      list: (await bob.call("GET", "/conversations")).body,
      backlog: tablet.received,
      retry: (await ada.call("POST", `/conversations/${conversationId}/messages`, message)).body,
    };
    for (const [where, answer] of Object.entries(everywhere)) {
      expect([where, JSON.stringify(answer).includes("secret")]).toEqual([where, false]);
    }
    expect(everywhere.entries).toMatchObject({
      lastSeq: 2,
      items: [
        { seq: 1, kind: "message", content: "", expiresAt: sent.body.expiresAt },
        { seq: 2, kind: "edit", content: "" },
      ],
    });
    expect(everywhere.history.items).toMatchObject([{ seq: 1, content: "" }]);
    expect(everywhere.retry).toMatchObject({ id: sent.body.id, duplicate: true });
    expectProblem(await ada.call("PATCH", `/messages/${sent.body.id}`, { content: "x" }), 410, "GONE");
    expectProblem(await bob.call("PUT", `/messages/${sent.body.id}/reactions/x`), 410, "GONE");
  });
});
