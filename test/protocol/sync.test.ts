import { describe, expect, test } from "@jest/globals";
import { EventSource } from "eventsource";
import { anotherDevice, directBetween, expectProblem, groupOf, type Json, say, signUp } from "./people.ts";
import { connectWebSocket, online, transports } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const seqs = (entries: Json[]) => entries.map((e) => e.seq);

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

describe.each(transports)("on connect over %s", (_, connect) => {
  test("a device gets what it missed, oldest first, until it says it has it", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 1; i <= 5; i++) await say(ada, conversationId, `${i}`);
    const first = await online(connect, target, bob);
    expect(seqs(first.entries(conversationId))).toEqual([1, 2, 3, 4, 5]);
    expect((await first.request("receipt:delivered", { conversationId, seq: 3 })).ok).toBe(true);
    first.close();
    const second = await online(connect, target, bob);
    expect(seqs(second.entries(conversationId))).toEqual([4, 5]);
  });

  test("a new device starts at the present end", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "old");
    const tablet = await anotherDevice(target, bob);
    await say(ada, conversationId, "new");
    const wire = await online(connect, target, tablet);
    expect(seqs(wire.entries(conversationId))).toEqual([2]);
  });

  test("each device has a cursor of its own", async () => {
    const { ada, bob, conversationId } = await pair();
    const tablet = await anotherDevice(target, bob);
    await say(ada, conversationId, "x");
    const b = await online(connect, target, bob);
    await b.request("receipt:delivered", { conversationId, seq: 1 });
    const t = await online(connect, target, tablet);
    expect(seqs(t.entries(conversationId))).toEqual([1]);
  });

  test("a cursor above the end is VALIDATION, a lower one changes nothing", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "x");
    const b = await online(connect, target, bob);
    expect((await b.request("receipt:delivered", { conversationId, seq: 2 })).error.code).toBe("VALIDATION");
    expect((await b.request("receipt:delivered", { conversationId, seq: 1 })).ok).toBe(true);
    expect((await b.request("receipt:delivered", { conversationId, seq: 0 })).ok).toBe(true);
    b.close();
    expect((await online(connect, target, bob)).entries()).toEqual([]);
    for (const seq of ["1", -1, 1.5, 2 ** 53, null]) {
      const c = await online(connect, target, bob);
      expect((await c.request("receipt:read", { conversationId, seq })).error.code).toBe("VALIDATION");
      c.close();
    }
  });

  test("entries that come while the backlog is sent follow it in order, none twice", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 0; i < 20; i++) await say(ada, conversationId, `${i}`);
    const [wire] = await Promise.all([
      connect(target, bob),
      (async () => {
        for (let i = 20; i < 40; i++) await say(ada, conversationId, `${i}`);
      })(),
    ]);
    await wire.next("entry", (e) => e.seq === 40);
    expect(seqs(wire.entries(conversationId))).toEqual(Array.from({ length: 40 }, (__, i) => i + 1));
  });
});

describe("sync", () => {
  test("passing the cursor back acknowledges what came before it", async () => {
    const { ada, bob, conversationId } = await pair();
    for (let i = 1; i <= 5; i++) await say(ada, conversationId, `${i}`);
    const first = await bob.call("GET", "/sync?limit=2");
    expect(first).toMatchObject({ status: 200, body: { more: true, changes: [], resets: [] } });
    expect(seqs(first.body.entries)).toEqual([1, 2]);
    expect(first.body.conversations).toMatchObject([{ id: conversationId }]);
    expect(seqs((await bob.call("GET", "/sync?limit=2")).body.entries)).toEqual([1, 2]);
    const second = await bob.call("GET", `/sync?limit=2&cursor=${encodeURIComponent(first.body.cursor)}`);
    expect(seqs(second.body.entries)).toEqual([3, 4]);
    const third = await bob.call("GET", `/sync?limit=2&cursor=${encodeURIComponent(second.body.cursor)}`);
    expect(seqs(third.body.entries)).toEqual([5]);
    expect(third.body.more).toBe(false);
    const fourth = await bob.call("GET", `/sync?cursor=${encodeURIComponent(third.body.cursor)}`);
    expect(fourth.body).toMatchObject({ entries: [], more: false });
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.others.deliveredSeq).toBe(5);
  });

  test("with cursors reads only those conversations and acknowledges nothing", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    for (let i = 1; i <= 4; i++) await say(ada, conversationId, `${i}`);
    const b = await online(connectWebSocket, target, bob);
    const { data } = await b.request("sync", { cursors: { [conversationId]: 2 } });
    expect(data.entries.map((e: Json) => [e.conversationId, e.seq])).toEqual([
      [conversationId, 3],
      [conversationId, 4],
    ]);
    expect(data.more).toBe(false);
    b.close();
    const again = await online(connectWebSocket, target, bob);
    expect(seqs(again.entries(conversationId))).toEqual([1, 2, 3, 4]);
    expect(seqs(again.entries(group))).toEqual([1]);
  });

  test("brings one's own entries, and groups them by conversation", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    await say(bob, conversationId, "mine");
    await say(ada, group, "hers");
    await say(ada, conversationId, "hers");
    const { body } = await bob.call("GET", "/sync");
    const order: string[] = body.entries.map((e: Json) => e.conversationId);
    expect(order.filter((id, i) => id !== order[i - 1])).toHaveLength(2);
    expect(seqs(body.entries.filter((e: Json) => e.conversationId === conversationId))).toEqual([1, 2]);
    expect(seqs(body.entries.filter((e: Json) => e.conversationId === group))).toEqual([1, 2]);
  });

  test("answers reset to who knows another epoch", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "x");
    const b = await online(connectWebSocket, target, bob);
    const { body } = await bob.call("GET", `/conversations/${conversationId}`);
    const { data } = await b.request("sync", { cursors: { [conversationId]: 0 }, epochs: { [conversationId]: body.epoch + 1 } });
    expect(data.resets).toEqual([{ conversationId, epoch: body.epoch, firstSeq: 1, lastSeq: 1 }]);
  });

  test("settings changed elsewhere and messages hidden elsewhere come along", async () => {
    const { ada, bob, conversationId } = await pair();
    const message = await say(ada, conversationId, "x");
    const tablet = await anotherDevice(target, bob);
    await bob.call("PATCH", `/conversations/${conversationId}`, { archived: true });
    await bob.call("DELETE", `/messages/${message.id}?for=me`);
    const { body } = await tablet.call("GET", "/sync");
    expect(body.conversations).toMatchObject([{ id: conversationId, archived: true }]);
    expect(body.changes).toMatchObject([{ op: "hidden", conversationId, id: message.id }]);
    const next = await tablet.call("GET", `/sync?cursor=${encodeURIComponent(body.cursor)}`);
    expect(next.body).toMatchObject({ conversations: [], changes: [], more: false });
  });

  test.each(["limit=0", "limit=1001", "limit=x", "wait=61", "wait=-1", "cursor=%00", "cursor=garbage"])(
    "?%s is VALIDATION",
    async (query) => {
      expectProblem(await (await signUp(target)).call("GET", `/sync?${query}`), 422, "VALIDATION");
    },
  );

  test("of another's conversation is NOT_FOUND", async () => {
    const { conversationId } = await pair();
    const eve = await online(connectWebSocket, target, await signUp(target));
    expect((await eve.request("sync", { cursors: { [conversationId]: 0 } })).error.code).toBe("NOT_FOUND");
  });
});

describe("long polling", () => {
  test("waits until something comes", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "before");
    const { body } = await bob.call("GET", "/sync");
    const waiting = bob.call("GET", `/sync?wait=20&cursor=${encodeURIComponent(body.cursor)}`);
    await say(ada, conversationId, "now");
    expect((await waiting).body.entries).toMatchObject([{ content: "now" }]);
  });

  test("answers empty when nothing came", async () => {
    const { bob } = await pair();
    const { body } = await bob.call("GET", "/sync");
    const reply = await bob.call("GET", `/sync?wait=1&cursor=${encodeURIComponent(body.cursor)}`);
    expect(reply).toMatchObject({ status: 200, body: { entries: [], more: false, cursor: expect.any(String) } });
  });
});

describe("server-sent events", () => {
  function stream(token: string, lastEventId?: string) {
    const source = new EventSource(`${target.url}/api/v1/events`, {
      fetch: (url, init) =>
        fetch(url, {
          ...init,
          headers: {
            ...init.headers,
            authorization: `Bearer ${token}`,
            ...(lastEventId ? { "last-event-id": lastEventId } : {}),
          },
        }),
    });
    const seen: { event: string; id: string; data: Json }[] = [];
    const until = (event: string, fits: (data: Json) => boolean = () => true) =>
      new Promise<(typeof seen)[0]>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${event}`)), 30_000);
        const look = () => {
          const found = seen.find((s) => s.event === event && fits(s.data));
          if (!found) return;
          clearTimeout(timer);
          resolve(found);
        };
        look();
        source.addEventListener(event, look);
      });
    for (const event of ["ready", "entry", "synced", "conversation"]) {
      source.addEventListener(event, (e) => seen.push({ event, id: e.lastEventId, data: JSON.parse(e.data) }));
    }
    return { seen, until, close: () => source.close() };
  }

  test("bring the backlog and live entries, and resume after Last-Event-ID", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "1");
    const first = stream(bob.token);
    await first.until("synced");
    await say(ada, conversationId, "2");
    const { id } = await first.until("entry", (e) => e.seq === 2);
    expect(first.seen[0]?.event).toBe("ready");
    first.close();
    await say(ada, conversationId, "3");
    const second = stream(bob.token, id);
    await second.until("synced");
    expect(second.seen.filter((s) => s.event === "entry").map((s) => s.data.seq)).toEqual([3]);
    second.close();
  });

  test("accept the token in the query, and refuse a bad one", async () => {
    const ada = await signUp(target);
    const controller = new AbortController();
    const good = await fetch(`${target.url}/api/v1/events?token=${ada.token}`, { signal: controller.signal });
    expect([good.status, good.headers.get("content-type")?.split(";")[0]]).toEqual([200, "text/event-stream"]);
    controller.abort();
    const bad = await fetch(`${target.url}/api/v1/events?token=x`);
    expect([bad.status, (await bad.json()) as Json]).toMatchObject([401, { code: "UNAUTHENTICATED" }]);
  });
});
