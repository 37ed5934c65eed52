import { describe, expect, test } from "@jest/globals";
import { anotherDevice, directBetween, expectProblem, groupOf, type Json, say, signUp } from "./people.ts";
import { expectShape, ISO } from "./shapes.ts";
import { connectWebSocket, online, transports, type Wire } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

const receiptsAt = (wire: Wire): Json[] => wire.received.filter((f) => f.event === "receipt").map((f) => f.data);

describe("receipts", () => {
  test("of a message name every other member, with times once there are any", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const id = await groupOf(ada, bob, carol);
    const message = await say(ada, id, "x");
    const details = async () => (await ada.call("GET", `/messages/${message.id}/receipts`)).body;
    const before = await details();
    expect(before).toMatchObject({ delivered: 0, read: 0, total: 2 });
    expect(before.items.map((i: Json) => i.userId).sort()).toEqual([bob.id, carol.id].sort());
    await bob.call("POST", `/conversations/${id}/delivered`, { seq: 2 });
    await carol.call("POST", `/conversations/${id}/read`, { seq: 2 });
    const after = await details();
    for (const item of after.items) expectShape("receiptDetail", item);
    expect(after).toMatchObject({ delivered: 2, read: 1, total: 2 });
    const of = (userId: string) => after.items.find((i: Json) => i.userId === userId);
    expect(of(bob.id)).toEqual({ userId: bob.id, deliveredAt: expect.stringMatching(ISO) });
    expect(of(carol.id)).toEqual({
      userId: carol.id,
      deliveredAt: expect.stringMatching(ISO),
      readAt: expect.stringMatching(ISO),
    });
    expect((await bob.call("GET", `/messages/${message.id}/receipts`)).status).toBe(200);
    expectProblem(await ada.call("GET", "/messages/0190a000-0000-7000-8000-000000000000/receipts"), 404, "NOT_FOUND");
  });

  test("are cumulative: what was read later covers what came before", async () => {
    const { ada, bob, conversationId } = await pair();
    const [first, , third] = [
      await say(ada, conversationId, "1"),
      await say(ada, conversationId, "2"),
      await say(ada, conversationId, "3"),
    ];
    await bob.call("POST", `/conversations/${conversationId}/read`, { seq: 2 });
    expect((await ada.call("GET", `/messages/${first.id}/receipts`)).body).toMatchObject({ delivered: 1, read: 1, total: 1 });
    expect((await ada.call("GET", `/messages/${third.id}/receipts`)).body).toEqual({
      items: [{ userId: bob.id }],
      delivered: 0,
      read: 0,
      total: 1,
    });
  });

  test("of a message that was answered are read by who answered", async () => {
    const { ada, bob, conversationId } = await pair();
    const a = await online(connectWebSocket, target, ada);
    const message = await say(ada, conversationId, "question");
    await say(bob, conversationId, "answer");
    expect((await ada.call("GET", `/messages/${message.id}/receipts`)).body).toMatchObject({ delivered: 1, read: 1, total: 1 });
    expect(await a.next("receipt")).toMatchObject({ userId: bob.id, readSeq: expect.any(Number) });
  });

  test("are coalesced", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 0; i < 40; i++) await say(ada, conversationId, `${i}`);
    const [a, b] = [await online(connectWebSocket, target, ada), await online(connectWebSocket, target, bob)];
    await Promise.all(Array.from({ length: 40 }, (_, i) => b.request("receipt:read", { conversationId, seq: i + 1 })));
    const last = await a.next("receipt", (r) => r.readSeq === 40);
    expectShape("receipt", last);
    expect(receiptsAt(a).length).toBeLessThan(20);
    for (const receipt of receiptsAt(a))
      expect(receipt.deliveredSeq ?? receipt.readSeq).toBeGreaterThanOrEqual(receipt.readSeq ?? 0);
  });

  test("that move nothing are not told", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "x");
    const [a, b] = [await online(connectWebSocket, target, ada), await online(connectWebSocket, target, bob)];
    await b.request("receipt:read", { conversationId, seq: 1 });
    await a.next("receipt", (r) => r.readSeq === 1);
    const told = receiptsAt(a).length;
    await b.request("receipt:read", { conversationId, seq: 1 });
    await b.request("receipt:delivered", { conversationId, seq: 0 });
    await say(ada, conversationId, "y");
    await b.request("receipt:read", { conversationId, seq: 2 });
    await a.next("receipt", (r) => r.readSeq === 2);
    expect(
      receiptsAt(a)
        .slice(told)
        .every((r) => Math.max(r.readSeq ?? 0, r.deliveredSeq ?? 0) === 2),
    ).toBe(true);
  });

  test("go to the senders they concern and to nobody else", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const id = await groupOf(ada, bob, carol);
    await say(ada, id, "x");
    const [a, b, c] = [
      await online(connectWebSocket, target, ada),
      await online(connectWebSocket, target, bob),
      await online(connectWebSocket, target, carol),
    ];
    const bobsTablet = await online(connectWebSocket, target, await anotherDevice(target, bob));
    await b.request("receipt:read", { conversationId: id, seq: 2 });
    expect(await a.next("receipt")).toMatchObject({ userId: bob.id, readSeq: 2 });
    expect(await bobsTablet.next("receipt")).toMatchObject({ userId: bob.id, readSeq: 2 });
    await say(ada, id, "after");
    await c.next("entry", (e) => e.content === "after");
    expect(receiptsAt(c)).toEqual([]);
  });
});

describe.each(transports)("signals over %s", (_, connect) => {
  test("typing starts and stops, for a direct conversation and for a group", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    const [a, b] = [await online(connect, target, ada), await online(connect, target, bob)];
    for (const id of [conversationId, group]) {
      expect(await a.request("typing", { conversationId: id, state: "start" })).toMatchObject({ ok: true, data: {} });
      const about = (state: string) => (t: Json) => t.conversationId === id && t.state === state;
      expect(await b.next("typing", about("start"))).toEqual({ conversationId: id, userId: ada.id, state: "start" });
      await a.request("typing", { conversationId: id, state: "stop" });
      expect(await b.next("typing", about("stop"))).toEqual({ conversationId: id, userId: ada.id, state: "stop" });
    }
    for (const state of ["typing", 1, undefined]) {
      expect((await a.request("typing", { conversationId, state })).error.code).toBe("VALIDATION");
    }
  });

  test("and presence leave no trace in the log", async () => {
    const { ada, bob, conversationId } = await pair();
    const [a, b] = [await online(connect, target, ada), await online(connect, target, bob)];
    await a.request("typing", { conversationId, state: "start" });
    await a.request("presence:set", { status: "busy" });
    await say(ada, conversationId, "x");
    await b.request("receipt:read", { conversationId, seq: 1 });
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.lastSeq).toBe(1);
  });

  test("presence of more than one is watched, each told once a change, until the socket ends", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const a = await online(connect, target, ada);
    const [b] = [await online(connect, target, bob), await online(connect, target, carol)];
    const { data } = await a.request("presence:watch", { userIds: [bob.id] });
    expect(data.items).toEqual([expect.objectContaining({ userId: bob.id, status: "online" })]);
    for (const item of data.items) expectShape("presence", item);
    const more = await a.request("presence:watch", { userIds: [carol.id] });
    expect(more.data.items).toMatchObject([{ userId: carol.id, status: "online" }]);
    expect((await b.request("presence:set", { status: "busy" })).data).toEqual({});
    expect(await a.next("presence", (p) => p.status === "busy")).toMatchObject({ userId: bob.id });
    expect((await a.request("presence:unwatch", { userIds: [bob.id] })).data).toEqual({});
    expect((await a.request("presence:watch", { userIds: "all" })).error.code).toBe("VALIDATION");
  });
});

test("heads come at every heartbeat, even when nothing moved", async () => {
  const a = await online(connectWebSocket, target, await signUp(target));
  const { heartbeatMs } = await a.next("ready");
  if (heartbeatMs > 30_000) return;
  expect(await a.next("heads", () => true, heartbeatMs * 2 + 1000)).toEqual({});
}, 70_000);
