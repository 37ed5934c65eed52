import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import {
  anotherDevice,
  directBetween,
  expectProblem,
  groupOf,
  type Json,
  newKey,
  type Person,
  rest,
  say,
  signIn,
  signUp,
} from "./people.ts";
import { expectShape } from "./shapes.ts";
import { connectWebSocket, online, transports, type Wire } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const seqs = (entries: Json[]) => entries.map((e) => e.seq);

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

async function sync(person: Person, query: Record<string, string | number> = {}): Promise<Json> {
  const { status, body } = await person.call("GET", `/sync?${new URLSearchParams(query as Record<string, string>)}`);
  expect(status).toBe(200);
  return body;
}

describe("a device's cursor", () => {
  test("is not moved by reading, by history or by entries", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "1");
    await bob.call("POST", `/conversations/${conversationId}/read`, { seq: 1 });
    await bob.call("GET", `/conversations/${conversationId}/messages`);
    await bob.call("GET", `/conversations/${conversationId}/entries`);
    const b = await online(connectWebSocket, target, bob);
    expect(seqs(b.entries(conversationId))).toEqual([1]);
    expect((await b.request("receipt:read", { conversationId, seq: 1 })).data).toEqual({});
    expect(seqs((await online(connectWebSocket, target, bob)).entries(conversationId))).toEqual([1]);
    expect((await b.request("receipt:delivered", { conversationId, seq: 1 })).data).toEqual({});
    expect((await online(connectWebSocket, target, bob)).entries(conversationId)).toEqual([]);
  });

  test("is not moved by one's own sending: one's own entries come by sync", async () => {
    const { ada, conversationId } = await pair();
    const a = await online(connectWebSocket, target, ada);
    await a.request("message:send", { conversationId, clientMsgId: newKey(), content: "mine" });
    expect(seqs((await sync(ada)).entries)).toEqual([1]);
    expect((await a.request("sync", {})).data.entries).toMatchObject([{ seq: 1, content: "mine", senderId: ada.id }]);
  });

  test("is kept when the device logs in again, and forgotten when it logs out", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "1");
    const again = await signIn(target, bob.username, bob.password, { id: bob.deviceId });
    await say(ada, conversationId, "2");
    expect(seqs((await sync(again)).entries)).toEqual([1, 2]);
    expect((await again.call("POST", "/auth/logout")).status).toBe(204);
    await say(ada, conversationId, "3");
    const fresh = await signIn(target, bob.username, bob.password, { id: bob.deviceId });
    await say(ada, conversationId, "4");
    expect(seqs((await sync(fresh)).entries)).toEqual([4]);
  });

  test("is shared by two sockets of the device, which both get every entry", async () => {
    const { ada, bob, conversationId } = await pair();
    const [tab, other] = [await online(connectWebSocket, target, bob), await online(connectWebSocket, target, bob)];
    await say(ada, conversationId, "1");
    for (const wire of [tab, other]) await wire.next("entry", (e) => e.seq === 1);
    const { data } = await tab.request("message:send", { conversationId, clientMsgId: newKey(), content: "2" });
    expect(await other.next("entry", (e) => e.seq === 2)).toMatchObject({ id: data.id });
    await tab.request("receipt:delivered", { conversationId, seq: 2 });
    expect((await sync(bob)).entries).toEqual([]);
  });

  test("never goes back, not by an old sync cursor either", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 1; i <= 3; i++) await say(ada, conversationId, `${i}`);
    const first = await sync(bob, { limit: 1 });
    const second = await sync(bob, { limit: 2, cursor: first.cursor });
    await sync(bob, { cursor: second.cursor });
    expect((await sync(bob, { cursor: first.cursor })).entries).toEqual([]);
    expect((await online(connectWebSocket, target, bob)).entries()).toEqual([]);
  });

  test("takes no cursor that is somebody else's or made up", async () => {
    const { ada, bob, conversationId } = await pair();
    const eve = await signUp(target);
    await say(ada, conversationId, "1");
    const { cursor } = await sync(bob);
    const { status, body } = await eve.call("GET", `/sync?cursor=${encodeURIComponent(cursor)}`);
    expect([200, 404, 422]).toContain(status);
    expect(body.entries ?? []).toEqual([]);
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.others.deliveredSeq).toBe(0);
    for (const wrong of [cursor.slice(0, -2), `${cursor}AA`, cursor.split("").reverse().join("")]) {
      expectProblem(await bob.call("GET", `/sync?cursor=${encodeURIComponent(wrong)}`), 422, "VALIDATION");
    }
  });
});

describe.each(transports)("sync over %s", (_, connect) => {
  test("needs no data: what this device has missed is answered", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "missed");
    const b = await online(connect, target, bob);
    expect((await b.request("sync")).data.entries).toMatchObject([{ conversationId, content: "missed" }]);
    expect((await b.request("message:send")).error.code).toBe("VALIDATION");
    expect((await b.request("sync", null)).error.code).toBe("VALIDATION");
  });
});

describe("sync", () => {
  test("answers all its fields, also when there is nothing", async () => {
    const ada = await signUp(target);
    const a = await online(connectWebSocket, target, ada);
    const nothing = { entries: [], conversations: [], changes: [], resets: [], cursor: expect.any(String), more: false };
    expect((await a.request("sync", {})).data).toEqual(nothing);
    expect(await sync(ada)).toEqual(nothing);
    expect((await a.request("sync", { cursors: {} })).data).toEqual(nothing);
  });

  test.each([
    ["limit 0", { limit: 0 }],
    ["limit 1001", { limit: 1001 }],
    ["a limit that is text", { limit: "5" }],
    ["a cursor that is a number", { cursor: 5 }],
    ["a cursor that is garbage", { cursor: "garbage" }],
    ["cursors that are a list", { cursors: [] }],
    ["a cursor that is text", { cursors: { x: "1" } }],
    ["a negative cursor", { cursors: { x: -1 } }],
    ["epochs that are text", { epochs: { x: "1" } }],
  ])("with %s is VALIDATION", async (_, request) => {
    const a = await online(connectWebSocket, target, await signUp(target));
    const { ok, error } = await a.request("sync", request);
    expect({ ok, code: error?.code }).toEqual({ ok: false, code: "VALIDATION" });
    expect(error.errors).toEqual([
      { path: expect.stringMatching(/^(limit|cursor|cursors|epochs)/), message: expect.any(String) },
    ]);
  });

  test("with cursors is continued by raising them", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 1; i <= 5; i++) await say(ada, conversationId, `${i}`);
    const b = await online(connectWebSocket, target, bob);
    const seen: number[] = [];
    for (let more = true; more; ) {
      const { data } = await b.request("sync", { cursors: { [conversationId]: seen.at(-1) ?? 0 }, limit: 2 });
      seen.push(...seqs(data.entries));
      more = data.more;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.others.deliveredSeq).toBe(0);
  });

  test("with cursors from before one was a member is contiguous: a hidden run comes first", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const conversationId = await groupOf(ada);
    for (const content of ["1", "2"]) await say(ada, conversationId, content);
    const b = await online(connectWebSocket, target, bob);
    await ada.call("POST", `/groups/${conversationId}/members`, { userIds: [bob.id] });
    expect(await b.next("entry")).toMatchObject({ conversationId, seq: 4 });
    const { entries } = (await b.request("sync", { cursors: { [conversationId]: 1 } })).data;
    expect(entries).toMatchObject([
      { conversationId, seq: 2, kind: "hidden", through: 3 },
      { conversationId, seq: 4, kind: "member" },
    ]);
  });

  test("with cursors reads before what the device has acknowledged", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 1; i <= 3; i++) await say(ada, conversationId, `${i}`);
    await bob.call("POST", `/conversations/${conversationId}/delivered`, { seq: 3 });
    const b = await online(connectWebSocket, target, bob);
    expect(b.entries()).toEqual([]);
    expect(seqs((await b.request("sync", { cursors: { [conversationId]: 0 } })).data.entries)).toEqual([1, 2, 3]);
    expect((await b.request("sync", { cursors: { [conversationId]: 3 } })).data.entries).toEqual([]);
  });

  test("pages through many conversations, each contiguous and in one piece a page", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push(await groupOf(ada, bob));
    for (let i = 0; i < 3; i++) for (const id of ids) await say(ada, id, `${i}`);
    const next: Record<string, number> = {};
    let cursor = "";
    for (let more = true; more; ) {
      const page = await sync(bob, { limit: 5, ...(cursor && { cursor }) });
      const order: string[] = page.entries.map((e: Json) => e.conversationId);
      expect(order.filter((id, i) => id !== order[i - 1])).toHaveLength(new Set(order).size);
      for (const { conversationId, seq } of page.entries) {
        expect(seq).toBe((next[conversationId] ?? 0) + 1);
        next[conversationId] = seq;
      }
      for (const conversation of page.conversations) expectShape("conversation", conversation);
      expect(page.entries.length).toBeLessThanOrEqual(5);
      ({ cursor, more } = page);
    }
    expect(next).toEqual(Object.fromEntries(ids.map((id) => [id, 4])));
    expect(await sync(bob, { cursor })).toMatchObject({ entries: [], conversations: [], more: false });
  });

  test("shows hidden runs, which count as one's place in the log", async () => {
    const { ada, bob, conversationId } = await pair();
    const sent = [];
    for (let i = 1; i <= 5; i++) sent.push(await say(ada, conversationId, `${i}`));
    for (const { id } of sent.slice(1, 4)) await bob.call("DELETE", `/messages/${id}?for=me`);
    const outline = (entries: Json[]) => entries.map((e) => [e.kind, e.seq, e.through]);
    const whole = [
      ["message", 1, undefined],
      ["hidden", 2, 4],
      ["message", 5, undefined],
    ];
    const { body } = await bob.call("GET", `/conversations/${conversationId}/entries`);
    expect(outline(body.items)).toEqual(whole);
    const page = await sync(bob);
    expect(outline(page.entries)).toEqual(whole);
    const b = await online(connectWebSocket, target, bob);
    expect(outline(b.entries(conversationId))).toEqual(whole);
    expect((await sync(bob, { cursor: page.cursor })).entries).toEqual([]);
    const middle = (await bob.call("GET", `/conversations/${conversationId}/entries?after=2`)).body;
    expect(outline(middle.items)).toEqual([
      ["hidden", 3, 4],
      ["message", 5, undefined],
    ]);
  });

  test("answers what moved, is new or was left", async () => {
    const { ada, bob, conversationId } = await pair();
    const start = await sync(bob);
    await say(ada, conversationId, "x");
    const group = await groupOf(ada, bob);
    const page = await sync(bob, { cursor: start.cursor });
    expect(page.conversations.map((c: Json) => c.id).sort()).toEqual([conversationId, group].sort());
    const done = await sync(bob, { cursor: page.cursor });
    await bob.call("DELETE", `/groups/${group}/members/me`);
    const left = await sync(bob, { cursor: done.cursor });
    expect(left.conversations).toMatchObject([{ id: group, leftSeq: 2 }]);
    const after = await sync(bob, { cursor: left.cursor });
    await say(ada, group, "without bob");
    expect(await sync(bob, { cursor: after.cursor })).toMatchObject({ entries: [], conversations: [] });
  });

  test("tells who joined again to reset, on each device", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const id = await groupOf(ada, bob);
    const phone = await anotherDevice(target, bob);
    await bob.call("DELETE", `/groups/${id}/members/me`);
    await say(ada, id, "between");
    const { cursor } = await sync(phone);
    await ada.call("POST", `/groups/${id}/members`, { userIds: [bob.id] });
    const page = await sync(phone, { cursor });
    expect(page.resets).toMatchObject([{ conversationId: id, firstSeq: 1, lastSeq: 4 }]);
    for (const reset of page.resets) expectShape("reset", reset);
    expect(page.entries.every((e: Json) => e.content !== "between")).toBe(true);
    expect((await sync(phone, { cursor: page.cursor })).resets).toEqual([]);
  });
});

describe.each(transports)("on connect over %s", (_, connect) => {
  test("each conversation comes in one piece, oldest first, and the new ones before their entries", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await groupOf(ada, bob));
    for (let i = 0; i < 3; i++) for (const id of ids) await say(ada, id, `${i}`);
    const b = await online(connect, target, bob);
    const order: string[] = b.entries().map((e) => e.conversationId);
    expect(order.filter((id, i) => id !== order[i - 1])).toHaveLength(3);
    for (const id of ids) expect(seqs(b.entries(id))).toEqual([1, 2, 3, 4]);
    expect(b.received.at(-1)?.event).toBe("synced");
    for (const id of ids) {
      const told = b.received.findIndex((f) => f.event === "conversation" && f.data.id === id);
      const first = b.received.findIndex((f) => f.event === "entry" && f.data.conversationId === id);
      expect(told).toBeGreaterThan(0);
      expect(told).toBeLessThan(first);
    }
  });
});

test("a backlog of more than 1,000 stops there and says more; sync brings the rest", async () => {
  const { ada, bob, conversationId } = await pair();
  const a = await online(connectWebSocket, target, ada);
  const total = 1030;
  for (let sent = 0; sent < total; sent += 103) {
    await Promise.all(Array.from({ length: 103 }, (_, i) => sendPatiently(a, conversationId, `${sent + i}`)));
  }
  const b = await online(connectWebSocket, target, bob);
  expect(await b.next("synced")).toEqual({ more: true });
  expect(seqs(b.entries(conversationId))).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  await b.request("receipt:delivered", { conversationId, seq: 1000 });
  const { data } = await b.request("sync", {});
  expect(seqs(data.entries)).toEqual(Array.from({ length: 30 }, (_, i) => 1001 + i));
  expect(data.more).toBe(false);
  const half = (await b.request("sync", { cursors: { [conversationId]: 0 } })).data;
  expect([half.entries.length, half.more]).toEqual([500, true]);
  const most = (await b.request("sync", { cursors: { [conversationId]: 0 }, limit: 1000 })).data;
  expect([most.entries.length, most.more]).toEqual([1000, true]);
  await say(ada, conversationId, "live");
  expect(await b.next("entry", (e) => e.seq === total + 1)).toMatchObject({ content: "live" });
}, 120_000);

/** Sends with the same id until it is stored, as a client does on a server that limits rates. */
async function sendPatiently(wire: Wire, conversationId: string, content: string): Promise<void> {
  const message = { conversationId, clientMsgId: newKey(), content };
  for (;;) {
    const { ok, error } = await wire.request("message:send", message);
    if (ok) return;
    expect(error).toMatchObject({ code: expect.stringMatching(/RATE_LIMITED|OVERLOADED/), retryAfterMs: expect.any(Number) });
    await wait(error.retryAfterMs);
  }
}

test("a cursor of a device that was revoked is worth nothing", async () => {
  const { bob } = await pair();
  const phone = await anotherDevice(target, bob);
  const { cursor } = await sync(phone);
  await bob.call("DELETE", `/auth/sessions/${phone.deviceId}`);
  expectProblem(await rest(target, "GET", `/sync?cursor=${cursor}`, { token: phone.token }), 401, "UNAUTHENTICATED");
});
