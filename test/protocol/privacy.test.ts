import { describe, expect, test } from "@jest/globals";
import { anotherDevice, directBetween, expectProblem, groupOf, type Json, newKey, say, signUp } from "./people.ts";
import { expectShape } from "./shapes.ts";
import { connectWebSocket, online } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const pair = async () => [await signUp(target), await signUp(target)] as const;

describe("privacy", () => {
  test("of read receipts keeps to oneself what was read, not what was delivered", async () => {
    const [ada, bob] = await pair();
    const conversationId = await directBetween(ada, bob);
    await bob.call("PATCH", "/users/me", { privacy: { readReceipts: false } });
    const message = await say(ada, conversationId, "x");
    const [a, b] = [await online(connectWebSocket, target, ada), await online(connectWebSocket, target, bob)];
    await b.request("receipt:read", { conversationId, seq: 1 });
    const receipt = await a.next("receipt", (r) => r.deliveredSeq === 1);
    expect(receipt).not.toHaveProperty("readSeq");
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.others).toEqual({ deliveredSeq: 1, readSeq: 0 });
    const { body } = await ada.call("GET", `/messages/${message.id}/receipts`);
    expect(body).toMatchObject({ delivered: 1, read: 0, total: 1 });
    expect(body.items).toEqual([{ userId: bob.id, deliveredAt: expect.any(String) }]);
    expect((await bob.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({ readSeq: 1, unread: 0 });
  });

  test("of search, photo and last seen hides them from others, not from oneself", async () => {
    const [ada, bob] = await pair();
    const avatarUrl = "https://example.org/bob.png";
    await bob.call("PATCH", "/users/me", { avatarUrl });
    expect((await ada.call("GET", `/users/${bob.id}`)).body).toMatchObject({ avatarUrl });
    await bob.call("PATCH", "/users/me", { privacy: { search: "nobody", photo: "nobody", lastSeen: "nobody" } });
    expect((await ada.call("GET", `/users?q=${bob.username}`)).body.items).toEqual([]);
    expect((await ada.call("GET", `/users/${bob.id}`)).body).not.toHaveProperty("avatarUrl");
    expect((await bob.call("GET", "/users/me")).body).toMatchObject({ avatarUrl, privacy: { search: "nobody" } });
    const b = await online(connectWebSocket, target, bob);
    await b.request("presence:set", { status: "busy" });
    const seen = (await ada.call("GET", `/users/${bob.id}/presence`)).body;
    expect(seen).toEqual({ userId: bob.id, status: "offline" });
  });

  test("of messages and groups lets nobody begin a conversation, and goes on with the old ones", async () => {
    const [ada, bob] = await pair();
    const old = await directBetween(ada, bob);
    const carol = await signUp(target);
    await bob.call("PATCH", "/users/me", { privacy: { messages: "nobody", groups: "nobody" } });
    const c = await online(connectWebSocket, target, carol);
    const sent = await c.request("message:send", { to: bob.id, clientMsgId: newKey(), content: "x" });
    expect(sent.error.code).toBe("FORBIDDEN");
    expectProblem(await carol.call("POST", "/conversations", { userId: bob.id }), 403, "FORBIDDEN");
    const invited = await carol.call("POST", "/groups", { name: "G", memberIds: [bob.id] });
    expect([403, 422]).toContain(invited.status);
    expect(await say(ada, old, "still here")).toMatchObject({ seq: 1 });
    expect(await groupOf(carol)).toEqual(expect.any(String));
  });
});

describe("a profile that changes on one device", () => {
  test("is told to the user's other devices, live and by sync", async () => {
    const [ada, bob] = await pair();
    const phone = await anotherDevice(target, ada);
    const [p, b] = [await online(connectWebSocket, target, phone), await online(connectWebSocket, target, bob)];
    const { cursor } = (await phone.call("GET", "/sync")).body;
    await ada.call("PATCH", "/users/me", { displayName: "Lady A." });
    const change = await p.next("change");
    expect(change).toEqual({ op: "profile", user: expect.objectContaining({ id: ada.id, displayName: "Lady A." }) });
    expectShape("me", change.user);
    await ada.call("PATCH", "/users/me", { displayName: "Lady A." });
    const next = (await phone.call("GET", `/sync?cursor=${encodeURIComponent(cursor)}`)).body;
    expect(next.changes).toEqual([change]);
    expect((await phone.call("GET", `/sync?cursor=${encodeURIComponent(next.cursor)}`)).body.changes).toEqual([]);
    await b.request("sync", {});
    expect(b.received.some((f) => f.event === "change")).toBe(false);
  });
});

describe("unknown fields and parameters", () => {
  test("are ignored everywhere", async () => {
    const [ada, bob] = await pair();
    const conversationId = await directBetween(ada, bob);
    const a = await online(connectWebSocket, target, ada);
    const odd = { colour: "blue", __proto__: null, nested: { deep: [1] } };
    const sent = await a.request("message:send", {
      conversationId,
      clientMsgId: newKey(),
      content: "x",
      n: 99,
      seq: 7,
      senderId: bob.id,
      ...odd,
    });
    expect(sent.data).toMatchObject({ seq: 1, n: 1, senderId: ada.id });
    expectShape("message", sent.data);
    for (const [event, data] of [
      ["message:edit", { id: sent.data.id, content: "y" }],
      ["message:react", { id: sent.data.id, emoji: "x", op: "add" }],
      ["message:pin", { id: sent.data.id, op: "add" }],
      ["receipt:read", { conversationId, seq: 1 }],
      ["receipt:delivered", { conversationId, seq: 1 }],
      ["typing", { conversationId, state: "start" }],
      ["presence:set", { status: "away" }],
      ["presence:watch", { userIds: [bob.id] }],
      ["presence:unwatch", { userIds: [bob.id] }],
      ["sync", {}],
    ] as const) {
      const answer: Json = await a.request(event, { ...data, ...odd });
      expect([event, answer.ok]).toEqual([event, true]);
      expect(
        Object.keys(answer)
          .filter((key) => key !== "id")
          .sort(),
      ).toEqual(["data", "ok"]);
    }
    for (const path of ["/users/me", "/conversations", `/conversations/${conversationId}/messages`, "/sync"]) {
      expect((await ada.call("GET", `${path}?colour=blue`)).status).toBe(200);
    }
  });
});
