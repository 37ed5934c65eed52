import { describe, expect, test } from "@jest/globals";
import { directBetween, expectProblem, groupOf, type Json, newKey, say, signUp } from "./people.ts";
import { online, transports } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob };
}

describe.each(transports)("message:send over %s", (_, connect) => {
  test("makes the direct conversation with the first message, and the peer gets conversation, then entry", async () => {
    const { ada, bob } = await pair();
    const [a, b] = [await online(connect, target, ada), await online(connect, target, bob)];
    const clientMsgId = newKey();
    const { ok, data } = await a.request("message:send", { to: bob.id, clientMsgId, content: "hello" });
    expect(ok).toBe(true);
    expect(data).toMatchObject({ seq: 1, n: 1, kind: "message", type: "text", senderId: ada.id, clientMsgId, content: "hello" });
    expect(data.createdAt).toMatch(ISO);
    const got = await b.next("entry");
    const { duplicate: __, ...entry } = data;
    expect(got).toEqual(entry);
    const events = b.received.map((f) => f.event);
    expect(events.indexOf("conversation")).toBeGreaterThan(-1);
    expect(events.indexOf("conversation")).toBeLessThan(events.indexOf("entry"));
    expect(await b.next("conversation")).toMatchObject({ id: data.conversationId, type: "direct", peer: { id: ada.id } });
  });

  test("two first messages at once make one conversation", async () => {
    const { ada, bob } = await pair();
    const [a, b] = [await online(connect, target, ada), await online(connect, target, bob)];
    const [x, y] = await Promise.all([
      a.request("message:send", { to: bob.id, clientMsgId: newKey(), content: "x" }),
      b.request("message:send", { to: ada.id, clientMsgId: newKey(), content: "y" }),
    ]);
    expect(x.data.conversationId).toBe(y.data.conversationId);
    expect([x.data.seq, y.data.seq].sort()).toEqual([1, 2]);
  });

  test("goes to my other devices and not back to the socket that sent it", async () => {
    const { ada, bob } = await pair();
    const [a, other] = [await online(connect, target, ada), await online(connect, target, ada)];
    const { data } = await a.request("message:send", { to: bob.id, clientMsgId: newKey(), content: "mine" });
    expect(await other.next("entry")).toMatchObject({ id: data.id });
    await a.request("message:send", { to: bob.id, clientMsgId: newKey(), content: "again" });
    await other.next("entry", (e) => e.seq === 2);
    expect(a.entries()).toEqual([]);
  });

  test("a retry answers the first result with duplicate: true; another body is a CONFLICT", async () => {
    const { ada, bob } = await pair();
    const a = await online(connect, target, ada);
    const message = { to: bob.id, clientMsgId: newKey(), content: "once" };
    const first = await a.request("message:send", message);
    const again = await a.request("message:send", message);
    expect(again.data).toEqual({ ...first.data, duplicate: true });
    const other = await a.request("message:send", { ...message, content: "twice" });
    expect(other).toMatchObject({ ok: false, error: { code: "CONFLICT", message: expect.any(String) } });
    const { body } = await ada.call("GET", `/conversations/${first.data.conversationId}/entries`);
    expect(body.items).toHaveLength(1);
  });

  test("thirty at once are numbered without a gap, and arrive in order", async () => {
    const { ada, bob } = await pair();
    const [a, b] = [await online(connect, target, ada), await online(connect, target, bob)];
    const conversationId = await directBetween(ada, bob);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (__, i) =>
        a.request("message:send", { conversationId, clientMsgId: newKey(), content: `${i}` }),
      ),
    );
    expect(answers.map((x) => x.data.seq).sort((x, y) => x - y)).toEqual(Array.from({ length: 30 }, (__, i) => i + 1));
    await b.next("entry", (e) => e.seq === 30);
    expect(b.entries(conversationId).map((e) => e.seq)).toEqual(Array.from({ length: 30 }, (__, i) => i + 1));
  });

  test.each([
    ["empty content", { content: "" }],
    ["16,385 units", { content: "x".repeat(16_385) }],
    ["content that is a number", { content: 5 }],
    ["a lone surrogate", { content: "a\udc00b" }],
    ["a type nobody knows", { type: "hologram" }],
    ["no clientMsgId", { clientMsgId: undefined }],
    ["both to and conversationId", { conversationId: "c" }],
    ["expiresIn 0", { expiresIn: 0 }],
    ["mentions that are a number", { mentions: 7 }],
  ])("with %s is VALIDATION and stores nothing", async (__, wrong) => {
    const { ada, bob } = await pair();
    const a = await online(connect, target, ada);
    const { ok, error } = await a.request("message:send", { to: bob.id, clientMsgId: newKey(), content: "x", ...wrong });
    expect({ ok, code: error?.code }).toEqual({ ok: false, code: "VALIDATION" });
    expect(error.errors[0]).toEqual({ path: expect.any(String), message: expect.any(String) });
    expect((await bob.call("GET", "/conversations")).body.items).toEqual([]);
  });

  test("16,384 units, any script and unknown fields are welcome", async () => {
    const { ada, bob } = await pair();
    const a = await online(connect, target, ada);
    const content = "שלום 你好 👩‍👩‍👧 "
      .repeat(1000)
      .slice(0, 16_384)
      .replace(/[\ud800-\udbff]$/, "x");
    const { ok, data } = await a.request("message:send", { to: bob.id, clientMsgId: newKey(), content, colour: "blue" });
    expect(ok).toBe(true);
    expect(data.content).toBe(content);
    expect(data).not.toHaveProperty("colour");
  });

  test("to nobody is NOT_FOUND, to a conversation of others too", async () => {
    const { ada, bob } = await pair();
    const eve = await signUp(target);
    const conversationId = await directBetween(ada, bob);
    const e = await online(connect, target, eve);
    const strange = await e.request("message:send", { conversationId, clientMsgId: newKey(), content: "x" });
    expect(strange.error.code).toBe("NOT_FOUND");
    const nobody = await e.request("message:send", {
      to: "0190a000-0000-7000-8000-000000000000",
      clientMsgId: newKey(),
      content: "x",
    });
    expect(nobody.error.code).toBe("NOT_FOUND");
  });
});

describe.each(transports)("changes over %s", (_, connect) => {
  async function chat() {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    const message = await say(ada, conversationId, "first");
    const [a, b] = [await online(connect, target, ada), await online(connect, target, bob)];
    return { ada, bob, a, b, conversationId, message };
  }

  test("an edit is an entry, and history shows the message as it is now", async () => {
    const { a, b, bob, conversationId, message } = await chat();
    const { data } = await a.request("message:edit", { id: message.id, content: "better" });
    expect(data).toEqual({ conversationId, seq: 2 });
    expect(await b.next("entry", (e) => e.kind === "edit")).toMatchObject({
      seq: 2,
      n: 1,
      target: message.id,
      content: "better",
    });
    const { body } = await bob.call("GET", `/conversations/${conversationId}/messages`);
    expect(body.items).toMatchObject([{ id: message.id, seq: 1, content: "better", editedAt: expect.stringMatching(ISO) }]);
    expect(body).toMatchObject({ asOf: 2, hasMoreBefore: false, hasMoreAfter: false });
  });

  test("only its author may edit a message", async () => {
    const { b, message } = await chat();
    expect((await b.request("message:edit", { id: message.id, content: "no" })).error.code).toBe("FORBIDDEN");
  });

  test("a reaction counts once, a repeated one appends nothing", async () => {
    const { ada, b, conversationId, message } = await chat();
    const react = { id: message.id, emoji: "👍", op: "add" };
    expect((await b.request("message:react", react)).data).toEqual({ conversationId, seq: 2 });
    expect((await b.request("message:react", react)).data).toEqual({ conversationId, seq: 2 });
    const { body } = await ada.call("GET", `/conversations/${conversationId}/messages`);
    expect(body.items[0].reactions).toEqual({ "👍": { count: 1, me: false } });
    await b.request("message:react", { ...react, op: "remove" });
    const after = await ada.call("GET", `/conversations/${conversationId}/messages`);
    expect(after.body.items[0].reactions ?? {}).toEqual({});
    expect(after.body.asOf).toBe(3);
  });

  test("a pin is an entry and shows in history", async () => {
    const { ada, b, conversationId, message } = await chat();
    expect((await b.request("message:pin", { id: message.id, op: "add" })).data).toEqual({ conversationId, seq: 2 });
    expect((await ada.call("GET", `/conversations/${conversationId}/messages`)).body.items[0].pinned).toBe(true);
  });

  test("deleted for everyone keeps its place, emptied in the log, in its edits and in history", async () => {
    const { ada, a, b, bob, conversationId, message } = await chat();
    await a.request("message:edit", { id: message.id, content: "secret" });
    expect((await a.request("message:delete", { id: message.id, for: "everyone" })).data).toEqual({ conversationId, seq: 3 });
    expect(await b.next("entry", (e) => e.kind === "delete")).toMatchObject({ seq: 3, target: message.id });
    const { body } = await bob.call("GET", `/conversations/${conversationId}/entries`);
    expect(body.items.map((e: Json) => [e.seq, e.kind, e.content])).toEqual([
      [1, "message", ""],
      [2, "edit", ""],
      [3, "delete", undefined],
    ]);
    const history = await ada.call("GET", `/conversations/${conversationId}/messages`);
    expect(history.body.items).toMatchObject([{ id: message.id, content: "", deletedAt: expect.stringMatching(ISO) }]);
    expect((await a.request("message:edit", { id: message.id, content: "x" })).error.code).toBe("GONE");
    expect((await b.request("message:react", { id: message.id, emoji: "👍", op: "add" })).error.code).toBe("GONE");
  });

  test("deleted for me is a hidden run for me alone, on all my devices", async () => {
    const { ada, a, bob, conversationId, message } = await chat();
    await say(bob, conversationId, "second");
    const other = await online(connect, target, ada);
    expect((await a.request("message:delete", { id: message.id, for: "me" })).ok).toBe(true);
    expect(await other.next("change")).toMatchObject({ op: "hidden", conversationId, id: message.id });
    const mine = await ada.call("GET", `/conversations/${conversationId}/entries`);
    expect(mine.body.items).toMatchObject([
      { seq: 1, kind: "hidden", through: 1 },
      { seq: 2, content: "second" },
    ]);
    expect((await ada.call("GET", `/conversations/${conversationId}/messages`)).body.items).toHaveLength(1);
    expect((await bob.call("GET", `/conversations/${conversationId}/messages`)).body.items).toHaveLength(2);
  });

  test("of a message of others' conversation is NOT_FOUND", async () => {
    const { message } = await chat();
    const eve = await online(connect, target, await signUp(target));
    for (const [event, data] of [
      ["message:edit", { content: "x" }],
      ["message:delete", { for: "everyone" }],
      ["message:delete", { for: "me" }],
      ["message:react", { emoji: "👍", op: "add" }],
      ["message:pin", { op: "add" }],
    ] as const) {
      expect((await eve.request(event, { id: message.id, ...data })).error.code).toBe("NOT_FOUND");
    }
  });
});

describe("messages over REST", () => {
  test("201 with the entry, 200 with duplicate for a retry", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    const message = { clientMsgId: newKey(), content: "hi" };
    const first = await ada.call("POST", `/conversations/${conversationId}/messages`, message);
    expect(first).toMatchObject({ status: 201, body: { conversationId, seq: 1, content: "hi" } });
    const again = await ada.call("POST", `/conversations/${conversationId}/messages`, message);
    expect(again).toMatchObject({ status: 200, body: { ...first.body, duplicate: true } });
  });

  test("edit, react, pin and delete answer { conversationId, seq }", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    const { id } = await say(ada, conversationId, "hi");
    const heart = encodeURIComponent("❤️");
    const steps: [string, string, unknown][] = [
      ["PATCH", `/messages/${id}`, { content: "hello" }],
      ["PUT", `/messages/${id}/reactions/${heart}`, undefined],
      ["DELETE", `/messages/${id}/reactions/${heart}`, undefined],
      ["PUT", `/messages/${id}/pin`, undefined],
      ["DELETE", `/messages/${id}/pin`, undefined],
      ["DELETE", `/messages/${id}?for=everyone`, undefined],
    ];
    let seq = 1;
    for (const [method, path, body] of steps) {
      expect(await ada.call(method, path, body)).toMatchObject({ status: 200, body: { conversationId, seq: ++seq } });
    }
    expectProblem(await ada.call("PATCH", `/messages/${id}`, { content: "x" }), 410, "GONE");
  });

  test("replies, forwards, mentions and metadata come back as sent", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    const first = await say(ada, conversationId, "question");
    const body = {
      clientMsgId: newKey(),
      type: "location",
      content: "here",
      metadata: { lat: 52.1, lon: 4.3, tags: ["a", null, true] },
      replyTo: first.id,
      forwardedFrom: first.id,
      mentions: [bob.id],
    };
    const sent = await ada.call("POST", `/conversations/${conversationId}/messages`, body);
    expect(sent.body).toMatchObject(body);
    const { body: view } = await bob.call("GET", `/conversations/${conversationId}`);
    expect(view).toMatchObject({ unread: 2, unreadMentions: 1 });
  });

  test("history pages both ways and around, ascending", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    for (let i = 1; i <= 9; i++) await say(ada, conversationId, `${i}`);
    const page = async (query: string) => (await bob.call("GET", `/conversations/${conversationId}/messages?${query}`)).body;
    const seqs = (p: Json) => [p.items.map((m: Json) => m.seq), p.hasMoreBefore, p.hasMoreAfter];
    expect(seqs(await page("limit=3"))).toEqual([[7, 8, 9], true, false]);
    expect(seqs(await page("limit=3&before=7"))).toEqual([[4, 5, 6], true, true]);
    expect(seqs(await page("limit=3&before=4"))).toEqual([[1, 2, 3], false, true]);
    expect(seqs(await page("limit=3&after=6"))).toEqual([[7, 8, 9], true, false]);
    const around = await page("limit=3&around=5");
    expect(around.items.map((m: Json) => m.seq)).toContain(5);
    expect(around.items).toHaveLength(3);
    expect(around).toMatchObject({ asOf: 9 });
    expectProblem(await bob.call("GET", `/conversations/${conversationId}/messages?before=1&after=2`), 422, "VALIDATION");
  });

  test("entries are raw and ascending after a seq; another epoch is GONE", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    for (let i = 1; i <= 5; i++) await say(ada, conversationId, `${i}`);
    const { body } = await bob.call("GET", `/conversations/${conversationId}/entries?after=1&limit=2`);
    expect(body).toMatchObject({ items: [{ seq: 2 }, { seq: 3 }], lastSeq: 5, epoch: expect.any(Number) });
    expect((await bob.call("GET", `/conversations/${conversationId}/entries?epoch=${body.epoch}`)).status).toBe(200);
    expectProblem(await bob.call("GET", `/conversations/${conversationId}/entries?epoch=${body.epoch + 1}`), 410, "GONE");
  });

  test("an expiring message is emptied when its time is up", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    const sent = await ada.call("POST", `/conversations/${conversationId}/messages`, {
      clientMsgId: newKey(),
      content: "soon gone",
      expiresIn: 1,
    });
    const expiresAt = Date.parse(sent.body.expiresAt);
    expect(expiresAt).toBe(Date.parse(sent.body.createdAt) + 1000);
    let item: Json;
    do {
      item = (await bob.call("GET", `/conversations/${conversationId}/messages`)).body.items[0];
    } while (item.content && Date.now() < expiresAt + 5000);
    expect(item).toMatchObject({ seq: 1, content: "" });
    expect((await bob.call("GET", `/conversations/${conversationId}/entries`)).body.items).toHaveLength(1);
  });
});

describe("conversations", () => {
  test("POST answers 201 when it makes the direct one, 200 when it is there", async () => {
    const { ada, bob } = await pair();
    const made = await ada.call("POST", "/conversations", { userId: bob.id });
    expect(made).toMatchObject({ status: 201, body: { type: "direct", lastSeq: 0, unread: 0, peer: { id: bob.id } } });
    const there = await bob.call("POST", "/conversations", { userId: ada.id });
    expect(there).toMatchObject({ status: 200, body: { id: made.body.id, peer: { id: ada.id } } });
    expectProblem(await ada.call("POST", "/conversations", { userId: "nobody" }), 404, "NOT_FOUND");
  });

  test("the list is newest first and counts what is unread", async () => {
    const { ada, bob } = await pair();
    const carol = await signUp(target);
    const withBob = await directBetween(ada, bob);
    const withCarol = await directBetween(ada, carol);
    await say(bob, withBob, "one");
    await say(carol, withCarol, "two");
    await say(carol, withCarol, "three");
    const { body } = await ada.call("GET", "/conversations");
    expect(body.items).toMatchObject([
      { id: withCarol, unread: 2, lastSeq: 2, lastN: 2, readSeq: 0, lastMessage: { content: "three" } },
      { id: withBob, unread: 1, lastSeq: 1, lastMessage: { content: "one" } },
    ]);
    const first = await ada.call("GET", "/conversations?limit=1");
    expect(first.body.items).toMatchObject([{ id: withCarol }]);
    const second = await ada.call("GET", `/conversations?limit=1&cursor=${encodeURIComponent(first.body.nextCursor)}`);
    expect(second.body.items).toMatchObject([{ id: withBob }]);
  });

  test("sending moves my own read cursor, reading empties the count", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    await say(ada, conversationId, "a");
    await say(bob, conversationId, "b");
    expect((await bob.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({ unread: 0, readSeq: 2, readN: 2 });
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({ unread: 1, readSeq: 1, readN: 1 });
    expect((await ada.call("POST", `/conversations/${conversationId}/read`, { seq: 2 })).status).toBe(204);
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({
      unread: 0,
      readSeq: 2,
      deliveredSeq: 2,
    });
    expect((await bob.call("GET", `/conversations/${conversationId}`)).body.others).toEqual({ deliveredSeq: 2, readSeq: 2 });
    expectProblem(await ada.call("POST", `/conversations/${conversationId}/read`, { seq: 3 }), 422, "VALIDATION");
  });

  test("my settings are mine alone, and my other devices hear of them", async () => {
    const { ada, bob } = await pair();
    const conversationId = await directBetween(ada, bob);
    const [, connect] = transports[0] as (typeof transports)[0];
    const other = await online(connect, target, ada);
    const patched = await ada.call("PATCH", `/conversations/${conversationId}`, { muted: true, pinned: true, draft: "I was go" });
    expect(patched).toMatchObject({ status: 200, body: { muted: true, pinned: true, archived: false, draft: "I was go" } });
    expect(await other.next("conversation", (c) => c.muted)).toMatchObject({ id: conversationId, draft: "I was go" });
    expect((await bob.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({ muted: false, pinned: false });
  });

  test("of others are NOT_FOUND in every way", async () => {
    const { ada, bob } = await pair();
    const eve = await signUp(target);
    const conversationId = await groupOf(ada, bob);
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { muted: true }],
      ["GET", "/messages", undefined],
      ["GET", "/entries", undefined],
      ["POST", "/messages", { clientMsgId: newKey(), content: "x" }],
      ["POST", "/read", { seq: 1 }],
      ["POST", "/delivered", { seq: 1 }],
    ] as const) {
      expectProblem(await eve.call(method, `/conversations/${conversationId}${path}`, body), 404, "NOT_FOUND");
    }
  });
});
