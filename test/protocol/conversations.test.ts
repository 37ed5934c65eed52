import { describe, expect, test } from "@jest/globals";
import { anotherDevice, directBetween, expectProblem, groupOf, type Json, newKey, type Person, say, signUp } from "./people.ts";
import { connectWebSocket, online, transports } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

const viewOf = async (person: Person, id: string): Promise<Json> => (await person.call("GET", `/conversations/${id}`)).body;

describe("unread", () => {
  test("counts messages of others, not other kinds, and mentions of me among them", async () => {
    const { ada, bob } = await pair();
    const id = await groupOf(ada, bob);
    const first = await say(ada, id, "1");
    await ada.call("POST", `/conversations/${id}/messages`, { clientMsgId: newKey(), content: "2", mentions: [bob.id] });
    await ada.call("PATCH", `/messages/${first.id}`, { content: "1!" });
    await ada.call("PUT", `/messages/${first.id}/pin`);
    await ada.call("PATCH", `/groups/${id}`, { name: "Other" });
    expect(await viewOf(bob, id)).toMatchObject({ lastSeq: 6, lastN: 2, unread: 2, unreadMentions: 1 });
    await bob.call("POST", `/conversations/${id}/read`, { seq: 2 });
    expect(await viewOf(bob, id)).toMatchObject({ readSeq: 2, readN: 1, unread: 1, unreadMentions: 1 });
    await bob.call("POST", `/conversations/${id}/read`, { seq: 6 });
    expect(await viewOf(bob, id)).toMatchObject({ readSeq: 6, readN: 2, unread: 0, unreadMentions: 0 });
    expect(await viewOf(ada, id)).toMatchObject({ unread: 0 });
  });

  test("does not count what is hidden from me", async () => {
    const { ada, bob, conversationId } = await pair();
    const messages = [
      await say(ada, conversationId, "1"),
      await say(ada, conversationId, "2"),
      await say(ada, conversationId, "3"),
    ];
    await bob.call("DELETE", `/messages/${messages[1].id}?for=me`);
    expect(await viewOf(bob, conversationId)).toMatchObject({ unread: 2, lastN: 3 });
    await bob.call("DELETE", `/messages/${messages[1].id}?for=me`);
    expect(await viewOf(bob, conversationId)).toMatchObject({ unread: 2 });
    await bob.call("DELETE", `/messages/${messages[2].id}?for=me`);
    expect(await viewOf(bob, conversationId)).toMatchObject({ unread: 1, lastMessage: { content: "1" } });
    await bob.call("POST", `/conversations/${conversationId}/read`, { seq: 1 });
    expect(await viewOf(bob, conversationId)).toMatchObject({ unread: 0 });
  });

  test("is nothing after sending, which moves my read and delivered cursors", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 0; i < 3; i++) await say(ada, conversationId, `${i}`);
    await say(bob, conversationId, "answer");
    const seen = { readSeq: 4, deliveredSeq: 4 };
    expect(await viewOf(bob, conversationId)).toMatchObject({ ...seen, readN: 4, unread: 0, others: { readSeq: 3 } });
    expect((await viewOf(ada, conversationId)).others).toEqual(seen);
    await bob.call("POST", `/conversations/${conversationId}/read`, { seq: 1 });
    expect(await viewOf(bob, conversationId)).toMatchObject(seen);
  });
});

describe("others", () => {
  test("is the lowest of the other members", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const id = await groupOf(ada, bob, carol);
    for (let i = 0; i < 3; i++) await say(ada, id, `${i}`);
    await bob.call("POST", `/conversations/${id}/read`, { seq: 4 });
    await carol.call("POST", `/conversations/${id}/delivered`, { seq: 3 });
    const { others } = await viewOf(ada, id);
    expect(others).toMatchObject({ deliveredSeq: 3 });
    expect(others.readSeq).toBeLessThanOrEqual(1);
    await carol.call("POST", `/conversations/${id}/read`, { seq: 3 });
    expect((await viewOf(ada, id)).others).toEqual({ deliveredSeq: 3, readSeq: 3 });
    await ada.call("DELETE", `/groups/${id}/members/${carol.id}`);
    expect((await viewOf(ada, id)).others).toEqual({ deliveredSeq: 4, readSeq: 4 });
  });
});

describe("the last message", () => {
  test("is shown as it is now", async () => {
    const { ada, bob, conversationId } = await pair();
    const [first, last] = [await say(ada, conversationId, "first"), await say(ada, conversationId, "last")];
    await ada.call("PATCH", `/messages/${last.id}`, { content: "edited" });
    for (const person of [ada, bob]) {
      expect(await viewOf(person, conversationId)).toMatchObject({
        lastMessage: { id: last.id, seq: 2, content: "edited" },
        lastMessageAt: last.createdAt,
      });
    }
    await ada.call("DELETE", `/messages/${last.id}?for=everyone`);
    expect((await viewOf(bob, conversationId)).lastMessage).toMatchObject({
      id: last.id,
      content: "",
      deletedAt: expect.any(String),
    });
    await bob.call("DELETE", `/messages/${last.id}?for=me`);
    expect((await viewOf(bob, conversationId)).lastMessage).toMatchObject({ id: first.id });
    expect((await bob.call("GET", "/conversations")).body.items[0].lastMessage).toMatchObject({ id: first.id });
  });
});

describe("a member who was removed", () => {
  async function removed() {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const id = await groupOf(ada, carol);
    await say(ada, id, "before");
    await ada.call("POST", `/groups/${id}/members`, { userIds: [bob.id] });
    const shared = await say(ada, id, "shared");
    await ada.call("DELETE", `/groups/${id}/members/${bob.id}`);
    const after = await say(ada, id, "after");
    return { ada, bob, id, shared, after };
  }

  test("keeps what lay between its joining and its leaving, and sees nothing else", async () => {
    const { ada, bob, id, shared, after } = await removed();
    const view = await viewOf(bob, id);
    expect(view).toMatchObject({ firstSeq: 3, leftSeq: 5, lastSeq: 5, lastN: 2, lastMessage: { id: shared.id }, unread: 1 });
    const { body } = await bob.call("GET", `/conversations/${id}/messages`);
    expect(body.items.map((m: Json) => m.seq)).toEqual([4]);
    expect(body).toMatchObject({ hasMoreBefore: false, hasMoreAfter: false, asOf: 5 });
    const entries = (await bob.call("GET", `/conversations/${id}/entries`)).body;
    expect(entries).toMatchObject({ lastSeq: 5 });
    expect(entries.items.map((e: Json) => [e.seq, e.kind])).toEqual([
      [1, "hidden"],
      [3, "member"],
      [4, "message"],
      [5, "member"],
    ]);
    expectProblem(await bob.call("GET", `/messages/${after.id}/receipts`), 404, "NOT_FOUND");
    await ada.call("PATCH", `/messages/${shared.id}`, { content: "changed since" });
    expect((await bob.call("GET", `/conversations/${id}/messages`)).body.items[0].content).toBe("shared");
    expect((await bob.call("GET", "/conversations")).body.items).toMatchObject([{ id, lastSeq: 5, leftSeq: 5 }]);
    expect((await bob.call("GET", "/groups")).body.items).toEqual([]);
  });

  test("may read and hide, but not write, not even by a signal", async () => {
    const { bob, id, shared, after } = await removed();
    const b = await online(connectWebSocket, target, bob);
    const refused = async (event: string, data: object) => (await b.request(event, data)).error?.code;
    expect(await refused("message:send", { conversationId: id, clientMsgId: newKey(), content: "x" })).toBe("FORBIDDEN");
    expect(await refused("message:react", { id: shared.id, emoji: "👍", op: "add" })).toBe("FORBIDDEN");
    expect(await refused("message:pin", { id: shared.id, op: "add" })).toBe("FORBIDDEN");
    expect(await refused("message:react", { id: after.id, emoji: "👍", op: "add" })).toMatch(/FORBIDDEN|NOT_FOUND/);
    expect(await refused("typing", { conversationId: id, state: "start" })).toBe("FORBIDDEN");
    expectProblem(await bob.call("POST", `/groups/${id}/members`, { userIds: [bob.id] }), 403, "FORBIDDEN");
    expectProblem(await bob.call("DELETE", `/groups/${id}/members/me`), 403, "FORBIDDEN");
    await bob.call("POST", `/conversations/${id}/read`, { seq: 6 });
    expect((await bob.call("POST", `/conversations/${id}/read`, { seq: 5 })).status).toBe(204);
    expect(await viewOf(bob, id)).toMatchObject({ readSeq: 5, unread: 0 });
    expect((await bob.call("DELETE", `/messages/${shared.id}?for=me`)).status).toBe(200);
    expect((await bob.call("GET", `/conversations/${id}/messages`)).body.items).toEqual([]);
  });

  test("is told by conversation and sync", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const id = await groupOf(ada, bob);
    const b = await online(connectWebSocket, target, bob);
    const { body } = await bob.call("GET", "/sync");
    await ada.call("DELETE", `/groups/${id}/members/${bob.id}`);
    await b.next("entry", (e) => e.op === "remove");
    const next = (await bob.call("GET", `/sync?cursor=${encodeURIComponent(body.cursor)}`)).body;
    expect(next.entries).toMatchObject([{ kind: "member", op: "remove", seq: 2 }]);
    expect(next.conversations).toMatchObject([{ id, leftSeq: 2, lastSeq: 2 }]);
  });
});

describe("my settings", () => {
  test("are changed one by one, and a draft may be taken back", async () => {
    const { ada, conversationId } = await pair();
    const patch = async (change: object) => (await ada.call("PATCH", `/conversations/${conversationId}`, change)).body;
    expect(await patch({ draft: "half a th" })).toMatchObject({ draft: "half a th", muted: false });
    expect(await patch({ muted: true })).toMatchObject({ draft: "half a th", muted: true });
    expect(await patch({ archived: true, pinned: true })).toMatchObject({ muted: true, archived: true, pinned: true });
    const emptied = await patch({ draft: "", muted: false });
    expect(emptied.draft ?? "").toBe("");
    await patch({ draft: "again" });
    expect((await patch({ draft: null })).draft ?? "").toBe("");
    expect(await viewOf(ada, conversationId)).toMatchObject({ muted: false, archived: true, pinned: true });
    for (const wrong of [{ muted: "yes" }, { draft: 5 }, { draft: "x".repeat(16_385) }, { pinned: null }]) {
      expectProblem(await ada.call("PATCH", `/conversations/${conversationId}`, wrong), 422, "VALIDATION");
    }
  });

  test("go to my other devices live and by sync, and to nobody else", async () => {
    const { ada, bob, conversationId } = await pair();
    const phone = await anotherDevice(target, ada);
    const [p, b] = [await online(connectWebSocket, target, phone), await online(connectWebSocket, target, bob)];
    const { body } = await phone.call("GET", "/sync");
    await ada.call("PATCH", `/conversations/${conversationId}`, { draft: "d" });
    expect(await p.next("conversation", (c) => c.draft === "d")).toMatchObject({ id: conversationId });
    const after = (await phone.call("GET", `/sync?cursor=${encodeURIComponent(body.cursor)}`)).body;
    expect(after.conversations).toMatchObject([{ id: conversationId, draft: "d" }]);
    await b.request("sync", {});
    expect(b.received.some((f) => f.event === "conversation" && "draft" in f.data)).toBe(false);
  });
});

describe.each(transports)("a conversation that is new, over %s", (_, connect) => {
  test("is told before its first entry to both ends, on all their sockets", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const [a, tab] = [await online(connect, target, ada), await online(connect, target, ada)];
    const b = await online(connect, target, bob);
    const { data } = await a.request("message:send", { to: bob.id, clientMsgId: newKey(), content: "hello" });
    const id = data.conversationId;
    expect(await a.next("conversation")).toMatchObject({ id, peer: { id: bob.id } });
    for (const wire of [tab, b]) {
      await wire.next("entry");
      const order = wire.received.map((f) => f.event).filter((e) => e === "conversation" || e === "entry");
      expect(order[0]).toBe("conversation");
    }
    expect(await b.next("conversation")).toMatchObject({ id, peer: { id: ada.id }, others: expect.any(Object) });
  });

  test("is told when it began while the device was away", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    await online(connect, target, bob).then((wire) => wire.close());
    const id = await groupOf(ada, bob);
    const b = await online(connect, target, bob);
    expect(await b.next("conversation")).toMatchObject({ id, type: "group" });
    expect(b.received.map((f) => f.event)).toEqual(["ready", "conversation", "entry", "synced"]);
  });
});
