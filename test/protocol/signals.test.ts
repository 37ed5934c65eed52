import { describe, expect, test } from "@jest/globals";
import { directBetween, groupOf, newKey, say, signUp } from "./people.ts";
import { connectWebSocket, online, transports } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();

describe.each(transports)("receipts over %s", (_, connect) => {
  test("delivered, then read, reach the sender and the reader's own devices", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const conversationId = await directBetween(ada, bob);
    const message = await say(ada, conversationId, "x");
    const [a, b, b2] = [
      await online(connect, target, ada),
      await online(connect, target, bob),
      await online(connect, target, bob),
    ];
    await b.request("receipt:delivered", { conversationId, seq: 1 });
    expect(await a.next("receipt", (r) => r.deliveredSeq === 1)).toMatchObject({
      conversationId,
      userId: bob.id,
      at: expect.any(String),
    });
    await b.request("receipt:read", { conversationId, seq: 1 });
    expect(await a.next("receipt", (r) => r.readSeq === 1)).toMatchObject({ conversationId, userId: bob.id });
    expect(await b2.next("receipt", (r) => r.readSeq === 1)).toMatchObject({ userId: bob.id });
    const { body } = await ada.call("GET", `/messages/${message.id}/receipts`);
    expect(body).toMatchObject({
      items: [{ userId: bob.id, deliveredAt: expect.any(String), readAt: expect.any(String) }],
      delivered: 1,
      read: 1,
      total: 1,
    });
  });

  test("in a group are kept for each member, the sender left out", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const conversationId = await groupOf(ada, bob, carol);
    const message = await say(ada, conversationId, "x");
    const b = await online(connect, target, bob);
    await b.request("receipt:read", { conversationId, seq: 2 });
    const { body } = await ada.call("GET", `/messages/${message.id}/receipts`);
    expect(body).toMatchObject({ delivered: 1, read: 1, total: 2 });
    expect(body.items).toHaveLength(2);
    expect(body.items).toContainEqual({ userId: carol.id });
  });
});

describe.each(transports)("typing over %s", (_, connect) => {
  test("reaches the other members only", async () => {
    const [ada, bob, eve] = [await signUp(target), await signUp(target), await signUp(target)];
    const conversationId = await directBetween(ada, bob);
    const [a, b, e] = [
      await online(connect, target, ada),
      await online(connect, target, bob),
      await online(connect, target, eve),
    ];
    expect((await a.request("typing", { conversationId, state: "start" })).ok).toBe(true);
    expect(await b.next("typing")).toEqual({ conversationId, userId: ada.id, state: "start" });
    expect((await e.request("typing", { conversationId, state: "start" })).error.code).toBe("NOT_FOUND");
    expect(a.received.some((f) => f.event === "typing")).toBe(false);
  });
});

test("typing that is not said again is gone after six seconds", async () => {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  const conversationId = await directBetween(ada, bob);
  const [a, b] = [await online(connectWebSocket, target, ada), await online(connectWebSocket, target, bob)];
  const startedAt = Date.now();
  await a.request("typing", { conversationId, state: "start" });
  const stopped = await b.next("typing", ({ state }) => state === "stop");
  expect(stopped).toEqual({ conversationId, userId: ada.id, state: "stop" });
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(5_500);
  expect(Date.now() - startedAt).toBeLessThan(15_000);
});

describe.each(transports)("presence over %s", (_, connect) => {
  test("of whom I watch is answered as it is now, and every change comes", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const a = await online(connect, target, ada);
    const watched = await a.request("presence:watch", { userIds: [bob.id] });
    expect(watched.data.items).toMatchObject([{ userId: bob.id, status: "offline" }]);
    const b = await online(connect, target, bob);
    expect(await a.next("presence", (p) => p.status === "online")).toMatchObject({ userId: bob.id });
    await b.request("presence:set", { status: "busy" });
    await a.next("presence", (p) => p.status === "busy");
    expect((await ada.call("GET", `/users/${bob.id}/presence`)).body).toMatchObject({ userId: bob.id, status: "busy" });
    await a.request("presence:unwatch", { userIds: [bob.id] });
    await b.request("presence:set", { status: "away" });
    await a.request("presence:watch", { userIds: [carol.id] });
    await online(connect, target, carol);
    await a.next("presence", (p) => p.userId === carol.id);
    const told = a.received.filter((f) => f.event === "presence").map((f) => f.data);
    expect(told.filter((p) => p.userId === bob.id).map((p) => p.status)).toEqual(["online", "busy"]);
  });

  test("is not told any more of anybody once all are unwatched", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const a = await online(connect, target, ada);
    await a.request("presence:watch", { userIds: [bob.id, carol.id] });
    expect(await a.request("presence:unwatch")).toMatchObject({ ok: true, data: {} });
    const b = await online(connect, target, bob);
    await b.request("presence:set", { status: "busy" });
    await a.request("presence:watch", { userIds: [carol.id] });
    await online(connect, target, carol);
    expect(await a.next("presence")).toMatchObject({ userId: carol.id, status: "online" });
  });

  test("offline is not said; a status nobody knows and 501 users are VALIDATION", async () => {
    const a = await online(connect, target, await signUp(target));
    for (const status of ["offline", "asleep", 5, null]) {
      expect((await a.request("presence:set", { status })).error.code).toBe("VALIDATION");
    }
    const many = Array.from({ length: 501 }, (__, i) => `u${i}`);
    expect((await a.request("presence:watch", { userIds: many })).error.code).toBe("VALIDATION");
  });

  test("last seen is shown only as privacy allows", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    await online(connect, target, bob);
    await bob.call("PATCH", "/users/me", { privacy: { lastSeen: "nobody" } });
    expect((await ada.call("GET", `/users/${bob.id}/presence`)).body).not.toHaveProperty("lastSeenAt");
  });
});

describe.each(transports)("heads over %s", (_, connect) => {
  test("name what moved lately", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const [a, b] = [await online(connect, target, ada), await online(connect, target, bob)];
    const { heartbeatMs } = await b.next("ready");
    const { data } = await a.request("message:send", { to: bob.id, clientMsgId: newKey(), content: "x" });
    if (heartbeatMs > 30_000) return;
    const heads = await b.next("heads", (h) => h[data.conversationId] === 1, heartbeatMs * 2 + 1000);
    expect(heads).toEqual({ [data.conversationId]: 1 });
  }, 70_000);
});
