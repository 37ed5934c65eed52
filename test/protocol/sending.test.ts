import { describe, expect, test } from "@jest/globals";
import { directBetween, expectProblem, groupOf, type Json, newKey, type Person, say, signUp } from "./people.ts";
import { connectWebSocket, online } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const nobody = "0190a000-0000-7000-8000-000000000000";

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

const post = (person: Person, conversationId: string, message: object) =>
  person.call("POST", `/conversations/${conversationId}/messages`, { clientMsgId: newKey(), content: "x", ...message });
const entriesOf = async (person: Person, id: string): Promise<Json[]> =>
  (await person.call("GET", `/conversations/${id}/entries?limit=200`)).body.items;

describe("what a message may hold", () => {
  test.each("text image video audio file location contact sticker poll encrypted".split(" "))("type %s", async (type) => {
    const { ada, conversationId } = await pair();
    expect(await post(ada, conversationId, { type })).toMatchObject({ status: 201, body: { type } });
  });

  test("1 to 16,384 UTF-16 units, of which an emoji is two", async () => {
    const { ada, conversationId } = await pair();
    for (const content of ["x", "x".repeat(16_384), "漢".repeat(16_384), "😀".repeat(8192)]) {
      expect(await post(ada, conversationId, { content })).toMatchObject({ status: 201, body: { content } });
    }
    for (const content of ["", "x".repeat(16_385), "😀".repeat(8193), `x${"😀".repeat(8192)}`]) {
      const refused = await post(ada, conversationId, { content });
      expectProblem(refused, 422, "VALIDATION");
      expect(refused.body.errors).toMatchObject([{ path: "content" }]);
    }
  });

  const file = { fileId: "f", name: "a.txt", mimeType: "text/plain", size: 1 };
  test.each([
    ["a clientMsgId", { clientMsgId: "x".repeat(100) + newKey().padEnd(28, "x") }, { clientMsgId: "x".repeat(129) }],
    ["metadata", { metadata: { a: "x".repeat(16_376) } }, { metadata: { a: "x".repeat(16_377) } }],
    ["mentions", { mentions: Array(256).fill(nobody) }, { mentions: Array(257).fill(nobody) }],
    ["attachments", { attachments: Array(32).fill(file) }, { attachments: Array(33).fill(file) }],
    ["an expiry", { expiresIn: 31_536_000 }, { expiresIn: 31_536_001 }],
  ])("%s up to its bound, and no more", async (_, most, more) => {
    const { ada, conversationId } = await pair();
    expect((await post(ada, conversationId, most)).status).toBe(201);
    expectProblem(await post(ada, conversationId, more), 422, "VALIDATION");
  });

  test("nothing but attachments", async () => {
    const { ada, bob, conversationId } = await pair();
    const attachments = [
      { fileId: "f1", name: "a.png", mimeType: "image/png", size: 12, width: 3, height: 4 },
      { fileId: "f2", name: "b.ogg", mimeType: "audio/ogg", size: 9, durationMs: 1200 },
    ];
    const sent = await post(ada, conversationId, { type: "image", content: "", attachments });
    expect(sent).toMatchObject({ status: 201, body: { content: "", attachments } });
    expect((await entriesOf(bob, conversationId))[0].attachments).toEqual(attachments);
    expectProblem(await post(ada, conversationId, { content: "", attachments: [] }), 422, "VALIDATION");
    expectProblem(await post(ada, conversationId, { attachments: [{ name: "no file" }] }), 422, "VALIDATION");
  });

  test("nothing but attachments, once its text is edited away", async () => {
    const { ada, conversationId } = await pair();
    const attachments = [{ fileId: "f1", name: "a.png", mimeType: "image/png", size: 12 }];
    const { body: picture } = await post(ada, conversationId, { type: "image", content: "a cat", attachments });
    const { body: words } = await post(ada, conversationId, { content: "a cat" });
    expectProblem(await ada.call("PATCH", `/messages/${words.id}`, { content: "" }), 422, "VALIDATION");
    expect((await ada.call("PATCH", `/messages/${picture.id}`, { content: "" })).status).toBe(200);
    const { body } = await ada.call("GET", `/conversations/${conversationId}/messages`);
    expect(body.items).toMatchObject([{ content: "", attachments }, { content: "a cat" }]);
    expect(body.items[0]).toHaveProperty("editedAt");
    expect(body.items[0]).not.toHaveProperty("deletedAt");
  });

  test("text is the default type, and what was not said is not there", async () => {
    const { ada, conversationId } = await pair();
    const { body } = await post(ada, conversationId, {});
    expect(body.type).toBe("text");
    for (const field of [
      "metadata",
      "replyTo",
      "forwardedFrom",
      "mentions",
      "attachments",
      "expiresAt",
      "deletedAt",
      "duplicate",
    ]) {
      expect(body).not.toHaveProperty(field);
    }
  });

  test("mentions of everybody, which count for all but the sender", async () => {
    const { ada, bob } = await pair();
    const id = await groupOf(ada, bob);
    expect((await post(ada, id, { mentions: "all" })).body.mentions).toBe("all");
    expect((await bob.call("GET", `/conversations/${id}`)).body).toMatchObject({ unread: 1, unreadMentions: 1 });
    expect((await ada.call("GET", `/conversations/${id}`)).body).toMatchObject({ unread: 0, unreadMentions: 0 });
    for (const mentions of ["everyone", [5], {}]) {
      expectProblem(await post(ada, id, { mentions }), 422, "VALIDATION");
    }
  });

  test("a reply, but only to a message of this conversation; a forward from another", async () => {
    const { ada, bob, conversationId } = await pair();
    const elsewhere = await groupOf(ada, bob);
    const [here, there] = [await say(bob, conversationId, "here"), await say(bob, elsewhere, "there")];
    const sent = await post(ada, conversationId, { replyTo: here.id, forwardedFrom: there.id });
    expect(sent).toMatchObject({ status: 201, body: { replyTo: here.id, forwardedFrom: there.id } });
    for (const replyTo of [there.id, nobody]) {
      const reply = await post(ada, conversationId, { replyTo });
      expectProblem(reply, 422, "VALIDATION");
      expect(reply.body.errors).toMatchObject([{ path: "replyTo" }]);
    }
    expect(await entriesOf(ada, conversationId)).toHaveLength(2);
  });

  test("a reply to an emptied message, which stays in its place", async () => {
    const { ada, bob, conversationId } = await pair();
    const message = await say(ada, conversationId, "x");
    await ada.call("DELETE", `/messages/${message.id}?for=everyone`);
    expect((await post(bob, conversationId, { replyTo: message.id })).status).toBe(201);
  });
});

describe("a clientMsgId", () => {
  test("of ten retries at once stores one message", async () => {
    const { ada, bob, conversationId } = await pair();
    const [a, again] = [await online(connectWebSocket, target, ada), await online(connectWebSocket, target, ada)];
    const b = await online(connectWebSocket, target, bob);
    const message = { conversationId, clientMsgId: newKey(), content: "once" };
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? a : again).request("message:send", message)));
    expect(new Set(answers.map((x) => x.data.id)).size).toBe(1);
    expect(answers.filter((x) => x.data.duplicate !== true)).toHaveLength(1);
    await say(ada, conversationId, "after");
    await b.next("entry", (e) => e.content === "after");
    expect([...new Set(b.entries().map((e) => e.seq))]).toEqual([1, 2]);
    expect((await entriesOf(bob, conversationId)).map((e) => e.seq)).toEqual([1, 2]);
  });

  test("is the sender's and the conversation's own", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    const clientMsgId = newKey();
    for (const [person, id] of [
      [ada, conversationId],
      [bob, conversationId],
      [ada, group],
    ] as const) {
      expect(await post(person, id, { clientMsgId })).toMatchObject({ status: 201, body: { clientMsgId } });
    }
  });

  test("is one over all transports, from any device, by `to` or by conversation", async () => {
    const { ada, bob, conversationId } = await pair();
    const message = { clientMsgId: newKey(), content: "x" };
    const a = await online(connectWebSocket, target, ada);
    const { data } = await a.request("message:send", { to: bob.id, ...message });
    expect(await post(ada, conversationId, message)).toMatchObject({ status: 200, body: { id: data.id, duplicate: true } });
  });

  test.each([
    ["another type", { type: "image" }],
    ["other metadata", { metadata: { a: 1 } }],
    ["other mentions", { mentions: "all" }],
    ["attachments", { attachments: [{ fileId: "f", name: "n", mimeType: "a/b", size: 1 }] }],
    ["an expiry", { expiresIn: 60 }],
    ["other content", { content: "y" }],
  ])("with %s is a CONFLICT", async (_, other) => {
    const { ada, conversationId } = await pair();
    const clientMsgId = newKey();
    expect((await post(ada, conversationId, { clientMsgId })).status).toBe(201);
    expectProblem(await post(ada, conversationId, { clientMsgId, ...other }), 409, "CONFLICT");
    expect(await post(ada, conversationId, { clientMsgId })).toMatchObject({ status: 200, body: { duplicate: true } });
    expect(await entriesOf(ada, conversationId)).toHaveLength(1);
  });

  test("answers the first result although the message was edited since", async () => {
    const { ada, conversationId } = await pair();
    const message = { clientMsgId: newKey(), content: "first" };
    const sent = await post(ada, conversationId, message);
    await ada.call("PATCH", `/messages/${sent.body.id}`, { content: "second" });
    expect(await post(ada, conversationId, message)).toMatchObject({
      status: 200,
      body: { ...sent.body, duplicate: true },
    });
  });

  test("of an edit makes its retry change nothing, another edit a CONFLICT", async () => {
    const { ada, conversationId } = await pair();
    const a = await online(connectWebSocket, target, ada);
    const clientMsgId = newKey();
    const message = { clientMsgId: newKey(), content: "first" };
    const { id } = (await post(ada, conversationId, message)).body;
    const edit = { id, content: "second", clientMsgId };
    expect((await a.request("message:edit", edit)).data).toEqual({ conversationId, seq: 2 });
    expect((await a.request("message:edit", { id, content: "third" })).data).toEqual({ conversationId, seq: 3 });
    expect(await a.request("message:edit", edit)).toMatchObject({ ok: true, data: { conversationId, seq: 2 } });
    expect((await a.request("message:edit", { ...edit, content: "other" })).error.code).toBe("CONFLICT");
    expect((await a.request("message:edit", { ...edit, clientMsgId: message.clientMsgId })).error.code).toBe("CONFLICT");
    expectProblem(await post(ada, conversationId, { clientMsgId, content: "x" }), 409, "CONFLICT");
    expect((await entriesOf(ada, conversationId)).map((e) => e.content)).toEqual(["first", "second", "third"]);
  });
});

describe("conversations with oneself and with others' ids", () => {
  test("are refused", async () => {
    const { ada, conversationId } = await pair();
    const eve = await signUp(target);
    const e = await online(connectWebSocket, target, eve);
    expectProblem(await eve.call("POST", "/conversations", { userId: eve.id }), 422, "VALIDATION");
    const self = await e.request("message:send", { to: eve.id, clientMsgId: newKey(), content: "x" });
    expect(self.error.code).toBe("VALIDATION");
    for (const event of ["typing", "receipt:read", "receipt:delivered"]) {
      const data = { conversationId, seq: 0, state: "start" };
      expect([event, (await e.request(event, data)).error.code]).toEqual([event, "NOT_FOUND"]);
    }
    expectProblem(await eve.call("GET", `/messages/${(await say(ada, conversationId, "x")).id}/receipts`), 404, "NOT_FOUND");
  });
});
