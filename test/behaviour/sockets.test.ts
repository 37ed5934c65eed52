import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Socket as NetSocket } from "node:net";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { io } from "socket.io-client";
import { type ClientOptions, WebSocket } from "ws";
import { startEngine, type TestEngine } from "../engine.ts";
import { directBetween, type Json, newKey, type Person, say, signUp } from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, online, transports, type Wire, webSocketWire } from "../protocol/sockets.ts";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine({ HEARTBEAT_MS: "200", BUFFER_BYTES: "131072" });
}, 60_000);
afterAll(() => engine.stop());

const wsUrl = (at = engine) => `${at.url.replace("http", "ws")}/ws`;
const webSocket = ({ token }: Person, options?: ClientOptions, at?: TestEngine) =>
  new WebSocket(wsUrl(at), ["chat.v1", token], options);

/** What the server answers to a frame sent as it is. */
async function answerTo(socket: WebSocket, frame: string | Buffer, binary = false): Promise<Json> {
  const answer = new Promise<Json>((resolve) => {
    const look = (raw: Buffer) => {
      const said = JSON.parse(String(raw));
      if (said.event !== undefined) return;
      socket.off("message", look);
      resolve(said);
    };
    socket.on("message", look);
  });
  socket.send(frame, { binary });
  return answer;
}

describe("a frame over plain WebSocket", () => {
  const validation = (id: unknown) => ({ id, ok: false, error: { code: "VALIDATION", message: expect.any(String) } });
  const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

  test.each([
    ["that is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), false, null],
    ["that is binary", Buffer.from('{"id":1,"event":"sync","data":{}}'), true, null],
    ["without an id", '{"event":"sync","data":{}}', false, null],
    ["with an object as its id", '{"id":{},"event":"sync","data":{}}', false, null],
    ["that is empty", "", false, null],
    ["without an event", '{"id":"a"}', false, "a"],
    ["without data", '{"id":2,"event":"typing"}', false, 2],
    ["that is too deep", `{"id":3,"event":"sync","data":{"x":${deep(1000)}}}`, false, 3],
    [
      "with a lone surrogate",
      '{"id":4,"event":"message:send","data":{"to":"x","clientMsgId":"k","content":"\\ud800"}}',
      false,
      4,
    ],
  ])("%s is VALIDATION, and the socket stays", async (_, frame, binary, id) => {
    const socket = webSocket(await signUp(engine));
    const wire = await webSocketWire(socket);
    await wire.next("synced");
    expect(await answerTo(socket, frame, binary)).toEqual({
      ...validation(id),
      error: expect.objectContaining(validation(id).error),
    });
    expect((await wire.request("sync", {})).ok).toBe(true);
  });

  test("that cannot be parsed does not bring the server down, however many there are", async () => {
    const socket = webSocket(await signUp(engine));
    const wire = await webSocketWire(socket);
    await wire.next("synced");
    for (let i = 0; i < 200; i++) socket.send("{");
    expect((await wire.request("sync", {})).ok).toBe(true);
  });
});

describe("a plain WebSocket", () => {
  test("that stays silent is closed 4408, one that answers pings is not", async () => {
    const impatient = await startEngine({ HEARTBEAT_MS: "200", SESSION_TIMEOUT_MS: "2000" });
    const ada = await signUp(impatient);
    const quiet = await webSocketWire(webSocket(ada, { autoPong: false }, impatient));
    const polite = await online(connectWebSocket, impatient, ada);
    expect(await quiet.closed).toEqual({ code: 4408, reason: "SILENT" });
    expect((await polite.request("sync", {})).ok).toBe(true);
    await impatient.stop();
  });

  const upgradeAt = (path: string) =>
    request(`${engine.url}${path}`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      },
    }).end();

  test("at another path is not found", async () => {
    const [response] = await once(upgradeAt("/other"), "response");
    expect(response.statusCode).toBe(404);
  });

  test("is told of its session in the write that takes the upgrade", async () => {
    const { token } = await signUp(engine);
    const write = jest.spyOn(NetSocket.prototype, "_writev");
    const [, socket] = (await once(upgradeAt(`/ws?token=${token}`), "upgrade")) as [IncomingMessage, NetSocket];
    socket.destroy();
    const written = write.mock.calls.map(([chunks]) => chunks.map(({ chunk }) => String(chunk)).join(""));
    write.mockRestore();
    expect(written).toContainEqual(expect.stringMatching(/^HTTP\/1.1 101 .*"event":"ready"/s));
  });

  test("that does not read is closed 4503, and has everything when it comes back", async () => {
    const [ada, bob] = [await signUp(engine), await signUp(engine)];
    const conversationId = await directBetween(ada, bob);
    const socket = webSocket(bob);
    const slow = await webSocketWire(socket);
    await slow.next("synced");
    const stream = (socket as unknown as { _socket: NetSocket })._socket;
    stream.pause();
    const sender = await online(connectWebSocket, engine, ada);
    const count = await sendUntil(sender, conversationId, async () => (await routesOf(bob)) === 0);
    stream.resume();
    expect(await slow.closed).toEqual({ code: 4503, reason: "OVERLOADED" });
    expect(slow.entries().length).toBeLessThan(count);
    const back = await online(connectWebSocket, engine, bob);
    const { more } = await back.next("synced");
    expect(more).toBe(count > 1000);
    expect(back.entries().map(({ seq }) => seq)).toEqual(Array.from({ length: Math.min(count, 1000) }, (_, i) => i + 1));
  }, 60_000);
});

const routesOf = async ({ id }: Person) => (await engine.caller.call("router.where", { userId: id })).length;

/** Sends large messages until it is so, and then one more; how many. */
async function sendUntil(sender: Wire, conversationId: string, isSo: () => Promise<boolean>): Promise<number> {
  let isOver = false;
  for (let count = 1; count < 5000; count++) {
    const content = "x".repeat(16_000);
    await sender.request("message:send", { conversationId, clientMsgId: newKey(), content });
    if (isOver) return count;
    isOver = await isSo();
  }
  throw new Error("it never came to be");
}

describe("Socket.IO", () => {
  const connected = async ({ token }: Person, options: Parameters<typeof io>[1] = {}) => {
    const socket = io(engine.url, { auth: { token, v: 1 }, transports: ["websocket"], forceNew: true, ...options });
    await new Promise((resolve, reject) => {
      socket.once("synced", resolve);
      socket.once("connect_error", reject);
    });
    return socket;
  };

  test("works over its own long polling", async () => {
    const [ada, bob] = [await signUp(engine), await signUp(engine)];
    const socket = await connected(ada, { transports: ["polling"] });
    const conversationId = await directBetween(ada, bob);
    const entry = new Promise<Json>((resolve) => socket.once("entry", resolve));
    await say(bob, conversationId, "over polling");
    expect(await entry).toMatchObject({ seq: 1, content: "over polling" });
    expect(await socket.emitWithAck("sync", {})).toMatchObject({ ok: true });
    socket.close();
  });

  test("lets nobody call actions", async () => {
    const socket = await connected(await signUp(engine));
    for (const event of ["call", "error", "disconnecting "]) {
      expect(await socket.emitWithAck(event, "auth.sessions", {})).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
    }
    socket.close();
  });

  test("needs no acknowledgement", async () => {
    const [ada, bob] = [await signUp(engine), await signUp(engine)];
    const conversationId = await directBetween(ada, bob);
    const socket = await connected(ada);
    const b = await online(connectWebSocket, engine, bob);
    socket.emit("message:send", { conversationId, clientMsgId: newKey(), content: "no answer needed" });
    expect(await b.next("entry")).toMatchObject({ content: "no answer needed" });
    socket.close();
  });

  test("answers VALIDATION to binary and missing data", async () => {
    const socket = await connected(await signUp(engine));
    socket.emit("presence:set");
    expect(await socket.emitWithAck("presence:set")).toMatchObject({ error: { code: "VALIDATION" } });
    expect(await socket.emitWithAck("presence:set", Buffer.from("x"))).toMatchObject({ error: { code: "VALIDATION" } });
    expect(await socket.emitWithAck("presence:set", { status: Buffer.from("x") })).toMatchObject({
      error: { code: "VALIDATION" },
    });
    expect(await socket.emitWithAck("presence:set", { status: "away" })).toEqual({ ok: true, data: {} });
    socket.close();
  });

  test("comes back after the server closed it, unless the device was revoked", async () => {
    const ada = await signUp(engine);
    const socket = await connected(ada, { reconnectionDelay: 10, reconnectionDelayMax: 20 });
    await engine.caller.call("gateway.kick", { userId: ada.id });
    await new Promise((resolve) => socket.once("synced", resolve));
    const gone = new Promise((resolve) => socket.once("disconnect", resolve));
    const told = new Promise((resolve) => socket.once("session", resolve));
    await ada.call("DELETE", `/auth/sessions/${ada.deviceId}`);
    expect(await told).toEqual({ op: "revoked" });
    expect(await gone).toBe("io server disconnect");
    expect(socket.active).toBe(false);
  });

  test("says why it refuses", async () => {
    const { token } = await signUp(engine);
    for (const [auth, code] of [
      [{}, "UNAUTHENTICATED"],
      [{ v: 1, token: 5 }, "UNAUTHENTICATED"],
      [{ token }, "VALIDATION"],
      [{ token, v: "1" }, "VALIDATION"],
    ] as const) {
      const socket = io(engine.url, { auth, transports: ["websocket"], forceNew: true });
      const error = await new Promise<Error & { data?: unknown }>((resolve) => socket.once("connect_error", resolve));
      expect(error.data).toMatchObject({ code, message: expect.any(String) });
      socket.close();
    }
  });

  test("that does not read is closed, and has everything when it comes back", async () => {
    const [ada, bob] = [await signUp(engine), await signUp(engine)];
    const conversationId = await directBetween(ada, bob);
    const slow = await connected(bob, { reconnection: false });
    const { ws } = slow.io.engine.transport as unknown as { ws: { _socket: NetSocket } };
    ws._socket.pause();
    const sender = await online(connectSocketIo, engine, ada);
    const count = await sendUntil(sender, conversationId, async () => (await routesOf(bob)) === 0);
    slow.close();
    ws._socket.resume();
    const back = await online(connectSocketIo, engine, bob);
    expect(back.entries()).toHaveLength(Math.min(count, 1000));
  }, 60_000);
});

describe.each(transports)("over %s", (_, connect) => {
  test("a heartbeat comes even when nothing moved", async () => {
    const wire = await online(connect, engine, await signUp(engine));
    expect(await wire.next("heads")).toEqual({});
  });

  test("entries of one conversation come in order to every socket, while many send at once", async () => {
    const [ada, bob] = [await signUp(engine), await signUp(engine)];
    const conversationId = await directBetween(ada, bob);
    const wires = [await online(connect, engine, ada), await online(connect, engine, bob), await online(connect, engine, bob)];
    const sends = Array.from({ length: 90 }, (__, i) =>
      wires[i % 3]?.request("message:send", { conversationId, clientMsgId: newKey(), content: `${i}` }),
    );
    const answers = (await Promise.all(sends)) as Json[];
    const own = (w: number) => answers.filter((__, i) => i % 3 === w).map(({ data }) => data.seq as number);
    for (const [w, wire] of wires.entries()) {
      const expected = Array.from({ length: 90 }, (__, i) => i + 1).filter((seq) => !own(w).includes(seq));
      await wire.next("entry", ({ seq }) => seq === expected.at(-1));
      expect(wire.entries().map(({ seq }) => seq)).toEqual(expected);
    }
  });
});

describe("a token that runs out", () => {
  test("is announced, and ends the session with its reason", async () => {
    const short = await startEngine({ ACCESS_TOKEN_SECONDS: "3", HEARTBEAT_MS: "200" });
    try {
      const wire = await webSocketWire(
        new WebSocket(`${short.url.replace("http", "ws")}/ws?token=${(await signUp(short)).token}`),
      );
      expect(await wire.next("session")).toEqual({ op: "expiring" });
      expect(await wire.closed).toEqual({ code: 4401, reason: "TOKEN_EXPIRED" });
    } finally {
      await short.stop();
    }
  }, 60_000);
});

describe("a server that stops", () => {
  test("sends every socket away, with a time to come back, and stops at once", async () => {
    const stopping = await startEngine();
    const ada = await signUp(stopping);
    const [a, b] = [await online(connectWebSocket, stopping, ada), await online(connectSocketIo, stopping, ada)];
    const stream = await fetch(`${stopping.url}/api/v1/events?token=${ada.token}`);
    const text = stream.text();
    await stopping.stop();
    for (const wire of [a, b])
      expect(await wire.next("session")).toEqual({ op: "draining", reconnectAfterMs: expect.any(Number) });
    expect([await a.closed, await b.closed]).toEqual([
      { code: 4503, reason: "DRAINING" },
      { code: 0, reason: "transport close" },
    ]);
    expect(await text).toContain('"op":"draining"');
  }, 60_000);
});
