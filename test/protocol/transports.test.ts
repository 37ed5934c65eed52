import { describe, expect, test } from "@jest/globals";
import { io, type Socket } from "socket.io-client";
import { anotherDevice, directBetween, expectProblem, type Json, newKey, type Person, rest, say, signUp } from "./people.ts";
import { expectShape } from "./shapes.ts";
import { connectSocketIo, connectWebSocket, online, transports } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

describe.each(transports)("over %s a session ends at once", (_, connect) => {
  test("when its device logs out", async () => {
    const ada = await signUp(target);
    const [a, phone] = [await online(connect, target, ada), await online(connect, target, await anotherDevice(target, ada))];
    expect((await ada.call("POST", "/auth/logout")).status).toBe(204);
    expect([0, 4403]).toContain((await a.closed).code);
    expect((await phone.request("sync", {})).ok).toBe(true);
  });

  test("when a spent refresh token is used again", async () => {
    const ada = await signUp(target);
    const a = await online(connect, target, ada);
    const refresh = (requestId?: string) =>
      rest(target, "POST", "/auth/refresh", { body: { refreshToken: ada.refreshToken, requestId } });
    expect((await refresh("r1")).status).toBe(200);
    expect((await refresh("r1")).status).toBe(200);
    expect((await a.request("sync", {})).ok).toBe(true);
    expectProblem(await refresh(), 401, "UNAUTHENTICATED");
    expect([0, 4403]).toContain((await a.closed).code);
  });
});

describe("Socket.IO", () => {
  const connected = ({ token }: Person, options: object) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = io(target.url, { auth: { token, v: 1 }, reconnection: false, forceNew: true, ...options });
      socket.once("synced", () => resolve(socket));
      socket.once("connect_error", reject);
    });

  test("works over polling and an upgrade to websocket, where polling is enabled", async () => {
    const { ada, bob, conversationId } = await pair();
    const probe = await fetch(`${target.url}/socket.io/?EIO=4&transport=polling`);
    await probe.text();
    if (probe.status !== 200) return;
    for (const options of [{ transports: ["polling"] }, { transports: ["polling", "websocket"] }]) {
      const socket = await connected(bob, options);
      const entry = new Promise<Json>((resolve) => socket.once("entry", resolve));
      const { id } = await say(ada, conversationId, "over polling");
      expectShape("message", await entry);
      expect(await entry).toMatchObject({ id });
      const seq = (await entry).seq;
      expect(await socket.emitWithAck("receipt:delivered", { conversationId, seq })).toEqual({ ok: true, data: {} });
      socket.disconnect();
    }
  });

  test("refuses a handshake with data that says why, and nothing else", async () => {
    const data = await new Promise<Json>((resolve) => {
      const socket = io(target.url, {
        auth: { token: "x", v: 1 },
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
      });
      socket.once("connect_error", (error) => resolve((error as Error & { data?: Json }).data));
    });
    expectShape("socketError", data);
    expect(data.code).toBe("UNAUTHENTICATED");
  });
});

describe("a conversation over all transports at once", () => {
  test("is the same for each", async () => {
    const { ada, bob, conversationId } = await pair();
    const wires = [await online(connectWebSocket, target, bob), await online(connectSocketIo, target, bob)];
    const sender = await online(connectSocketIo, target, ada);
    const stream = await openStream(bob);
    const sent = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        sender.request("message:send", { conversationId, clientMsgId: newKey(), content: `${i}` }),
      ),
    );
    const entries = sent.map((answer) => answer.data).sort((x, y) => x.seq - y.seq);
    for (const wire of wires) {
      await wire.next("entry", (e) => e.seq === 5);
      expect(wire.entries(conversationId)).toEqual(entries);
    }
    expect(await stream.entries(5)).toEqual(entries);
    expect((await bob.call("GET", "/sync")).body.entries).toEqual(entries);
    expect((await bob.call("GET", `/conversations/${conversationId}/entries`)).body.items).toEqual(entries);
    stream.close();
  });
});

/** Server-sent events as they come over the wire. */
async function openStream({ token }: Person, headers: Record<string, string> = {}) {
  const aborted = new AbortController();
  const response = await fetch(`${target.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: aborted.signal,
  });
  expect([response.status, response.headers.get("content-type")?.split(";")[0]]).toEqual([200, "text/event-stream"]);
  const blocks: Json[] = [];
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let tail = "";
  const until = async (isEnough: () => boolean) => {
    while (!isEnough()) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the stream ended");
      const parts = (tail + decoder.decode(value, { stream: true })).split("\n\n");
      tail = parts.pop() ?? "";
      blocks.push(...parts.map(parseBlock).filter((block) => block.event));
    }
  };
  const of = (event: string) => blocks.filter((block) => block.event === event);
  return {
    blocks,
    next: async (event: string) => {
      await until(() => of(event).length > 0);
      return of(event)[0];
    },
    entries: async (count: number) => {
      await until(() => of("entry").length >= count);
      return of("entry").map((block) => block.data);
    },
    close: () => aborted.abort(),
  };
}

function parseBlock(block: string): Json {
  const fields = block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
  const { event, id, data } = Object.fromEntries(fields);
  return { event, id, data: data && JSON.parse(data) };
}

describe("server-sent events", () => {
  test("are every event of the page by its name, with sync cursors as ids", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "1");
    const stream = await openStream(bob);
    await stream.next("synced");
    expect(stream.blocks.map((b) => b.event)).toEqual(["ready", "conversation", "entry", "synced"]);
    const a = await online(connectWebSocket, target, ada);
    await a.request("typing", { conversationId, state: "start" });
    expect((await stream.next("typing")).data).toEqual({ conversationId, userId: ada.id, state: "start" });
    await say(ada, conversationId, "2");
    await stream.entries(2);
    const { id } = stream.blocks.filter((b) => b.event === "entry")[1];
    stream.close();
    const { body } = await bob.call("GET", `/sync?cursor=${encodeURIComponent(id)}`);
    expect(body.entries).toEqual([]);
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.others.deliveredSeq).toBe(2);
  });

  test("bring heads at every heartbeat", async () => {
    const stream = await openStream(await signUp(target));
    const { heartbeatMs } = (await stream.next("ready")).data;
    if (heartbeatMs <= 30_000) expect((await stream.next("heads")).data).toEqual({});
    stream.close();
  }, 70_000);

  test("do not resume from what is no cursor, nor without a token", async () => {
    const ada = await signUp(target);
    expectProblem(await ada.call("GET", "/events", undefined, { "last-event-id": "garbage" }), 422, "VALIDATION");
    expectProblem(await rest(target, "GET", "/events"), 401, "UNAUTHENTICATED");
    expectProblem(await rest(target, "GET", `/users/me?token=${ada.token}`), 401, "UNAUTHENTICATED");
  });

  test("end when the device is revoked", async () => {
    const ada = await signUp(target);
    const phone = await anotherDevice(target, ada);
    const stream = await openStream(phone);
    await stream.next("synced");
    await ada.call("DELETE", `/auth/sessions/${phone.deviceId}`);
    expect((await stream.next("session")).data).toEqual({ op: "revoked" });
    await expect(stream.next("nothing more")).rejects.toThrow("the stream ended");
  });
});

describe("a long poll", () => {
  test("is answered by whatever moves: settings, a new conversation", async () => {
    const { ada, bob, conversationId } = await pair();
    const phone = await anotherDevice(target, bob);
    const { cursor } = (await bob.call("GET", "/sync")).body;
    const settings = pollUntil(bob, cursor, ({ conversations }) => conversations.some((c: Json) => c.muted));
    await phone.call("PATCH", `/conversations/${conversationId}`, { muted: true });
    expect((await settings).conversations).toMatchObject([{ id: conversationId, muted: true }]);
    const fresh = pollUntil(bob, (await settings).cursor, ({ entries }) => entries.length > 0);
    const { body } = await ada.call("POST", "/groups", { name: "New", memberIds: [bob.id] });
    const page = await fresh;
    expect(page.conversations).toMatchObject([{ id: body.conversation.id }]);
    expect(page.entries).toMatchObject([{ kind: "member", op: "create" }]);
  });

  test("may be asked by two tabs at once, and each is answered", async () => {
    const { ada, bob, conversationId } = await pair();
    const { cursor } = (await bob.call("GET", "/sync")).body;
    const polls = [1, 2].map(() => pollUntil(bob, cursor, ({ entries }) => entries.length > 0));
    await say(ada, conversationId, "x");
    for (const poll of polls) expect((await poll).entries).toMatchObject([{ content: "x" }]);
  });
});

/** Polls on until it fits; other news may come before. */
async function pollUntil(person: Person, cursor: string, fits: (page: Json) => boolean): Promise<Json> {
  const { status, body } = await person.call("GET", `/sync?wait=20&cursor=${encodeURIComponent(cursor)}`);
  expect(status).toBe(200);
  return fits(body) ? body : pollUntil(person, body.cursor, fits);
}
