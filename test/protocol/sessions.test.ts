import { describe, expect, test } from "@jest/globals";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { anotherDevice, directBetween, newKey, rest, signUp } from "./people.ts";
import { connectWebSocket, online, transports, webSocketWire } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const wsUrl = () => `${target.url.replace(/^http/, "ws")}/ws`;

describe.each(transports)("a session over %s", (_, connect) => {
  test("begins with ready, then synced", async () => {
    const ada = await signUp(target);
    const a = await online(connect, target, ada);
    expect(a.received.map((f) => f.event)).toEqual(["ready", "synced"]);
    expect(a.received[0]?.data).toMatchObject({
      userId: ada.id,
      deviceId: ada.deviceId,
      sessionId: expect.any(String),
      nodeId: expect.any(String),
      serverTime: expect.stringMatching(/Z$/),
      heartbeatMs: expect.any(Number),
      limits: {
        contentLength: 16_384,
        frameBytes: expect.any(Number),
        sendsPerSecond: expect.any(Number),
        burst: expect.any(Number),
        socketsPerUser: expect.any(Number),
      },
    });
    expect(a.received[1]?.data).toEqual({ more: false });
  });

  test("answers VALIDATION to an event nobody knows, and lives on", async () => {
    const a = await online(connect, target, await signUp(target));
    expect(await a.request("message:shout", {})).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
    expect((await a.request("sync", {})).ok).toBe(true);
  });

  test.each([null, 5, "text", [], [1]])("answers VALIDATION to data that is %j", async (data) => {
    const a = await online(connect, target, await signUp(target));
    expect(await a.request("typing", data)).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
  });

  test("an eleventh socket is accepted, and the one silent longest closed", async () => {
    const ada = await signUp(target);
    const first = await online(connect, target, ada);
    const limit = first.received[0]?.data.limits.socketsPerUser;
    const others = [];
    for (let i = 1; i < limit; i++) others.push(await online(connect, target, ada));
    await first.request("sync", {});
    const last = await online(connect, target, ada);
    const { code } = await (others[0] as (typeof others)[0]).closed;
    expect([0, 4409]).toContain(code);
    expect((await first.request("sync", {})).ok).toBe(true);
    expect((await last.request("sync", {})).ok).toBe(true);
  });

  test("ends at once when its device is revoked", async () => {
    const ada = await signUp(target);
    const phone = await anotherDevice(target, ada);
    const [a, p] = [await online(connect, target, ada), await online(connect, target, phone)];
    await ada.call("DELETE", `/auth/sessions/${phone.deviceId}`);
    expect(await p.next("session")).toMatchObject({ op: "revoked" });
    const { code } = await p.closed;
    expect([0, 4403]).toContain(code);
    expect((await a.request("sync", {})).ok).toBe(true);
  });

  test("takes a fresh token in place, but not another user's or device's", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const phone = await anotherDevice(target, ada);
    const a = await online(connect, target, ada);
    const { body } = await rest(target, "POST", "/auth/refresh", { body: { refreshToken: ada.refreshToken } });
    expect(await a.request("auth:refresh", { token: body.accessToken })).toEqual(
      expect.objectContaining({ ok: true, data: { expiresIn: expect.any(Number) } }),
    );
    expect((await a.request("auth:refresh", { token: bob.token })).error.code).toBe("FORBIDDEN");
    expect((await a.request("auth:refresh", { token: phone.token })).error.code).toBe("FORBIDDEN");
    expect((await a.request("auth:refresh", { token: "nonsense" })).error.code).toBe("UNAUTHENTICATED");
  });
});

describe("Socket.IO", () => {
  const refused = (auth: Record<string, unknown>) =>
    new Promise<{ message: string; data: unknown }>((resolve, reject) => {
      const socket = io(target.url, { auth, transports: ["websocket"], reconnection: false, forceNew: true });
      socket.on("connect", () => reject(new Error("connected")));
      socket.on("connect_error", (error) => {
        socket.close();
        resolve(error as never);
      });
    });

  test("refuses a bad token with connect_error and its code", async () => {
    expect((await refused({ token: "nonsense", v: 1 })).data).toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.any(String),
    });
    expect((await refused({ v: 1 })).data).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("refuses a version of the protocol it does not speak", async () => {
    const ada = await signUp(target);
    expect((await refused({ token: ada.token, v: 99 })).data).toMatchObject({ code: "VALIDATION" });
  });
});

describe("plain WebSocket", () => {
  test("closes 4403 on a device that was signed out, so that it stays away", async () => {
    const ada = await signUp(target);
    await ada.call("POST", "/auth/logout");
    expect(await closing(`${wsUrl()}?token=${ada.token}`)).toMatchObject({ code: 4403, opened: true });
  });

  const closing = (url: string, protocols?: string[]) =>
    new Promise<{ code: number; reason: string; opened: boolean }>((resolve) => {
      let opened = false;
      const socket = new WebSocket(url, protocols);
      socket.on("open", () => {
        opened = true;
      });
      socket.on("error", () => {});
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason), opened }));
    });

  test("accepts the token in the query or as a sub-protocol, and replies chat.v1", async () => {
    const ada = await signUp(target);
    const byQuery = await webSocketWire(new WebSocket(`${wsUrl()}?token=${ada.token}`));
    await byQuery.next("ready");
    const socket = new WebSocket(wsUrl(), ["chat.v1", ada.token]);
    await (await webSocketWire(socket)).next("ready");
    expect(socket.protocol).toBe("chat.v1");
  });

  test("accepts the upgrade of a bad token, then closes 4401 with the code as reason", async () => {
    expect(await closing(`${wsUrl()}?token=nonsense`)).toEqual({ code: 4401, reason: "UNAUTHENTICATED", opened: true });
    expect(await closing(wsUrl())).toEqual({ code: 4401, reason: "UNAUTHENTICATED", opened: true });
    expect(await closing(wsUrl(), ["chat.v1", "nonsense"])).toMatchObject({ code: 4401, opened: true });
  });

  test.each(["not json", "[]", "5", "null", '"x"', "{", '{"event":5,"id":1}', "{}", `${"[".repeat(5000)}${"]".repeat(5000)}`])(
    "answers VALIDATION to %.20s, and the socket stays",
    async (text) => {
      const socket = new WebSocket(wsUrl(), ["chat.v1", (await signUp(target)).token]);
      const wire = await webSocketWire(socket);
      await wire.next("synced");
      const answer = new Promise<Record<string, unknown>>((resolve) =>
        socket.once("message", (raw) => resolve(JSON.parse(String(raw)))),
      );
      socket.send(text);
      expect(await answer).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
      expect((await wire.request("sync", {})).ok).toBe(true);
    },
  );

  test("what cannot be parsed is answered with id null", async () => {
    const socket = new WebSocket(wsUrl(), ["chat.v1", (await signUp(target)).token]);
    const wire = await webSocketWire(socket);
    await wire.next("synced");
    socket.send("not json");
    expect(await wire.next("(unparsed)")).toMatchObject({
      id: null,
      ok: false,
      error: { code: "VALIDATION", message: expect.any(String) },
    });
  });

  test("closes 4413 on a frame over the limit", async () => {
    const socket = new WebSocket(wsUrl(), ["chat.v1", (await signUp(target)).token]);
    const wire = await webSocketWire(socket);
    const { limits } = await wire.next("ready");
    socket.send(JSON.stringify({ id: 1, event: "sync", data: { cursor: "x".repeat(limits.frameBytes) } }));
    expect(await wire.closed).toMatchObject({ code: 4413 });
  });

  test("answers carry the id of the request, whatever their order", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const a = await online(connectWebSocket, target, ada);
    const conversationId = await directBetween(ada, bob);
    const [sent, wrong, synced] = await Promise.all([
      a.request("message:send", { conversationId, clientMsgId: newKey(), content: "x" }),
      a.request("typing", { conversationId }),
      a.request("sync", {}),
    ]);
    expect(sent.data.seq).toBe(1);
    expect(wrong.error.code).toBe("VALIDATION");
    expect(synced.data.cursor).toEqual(expect.any(String));
  });
});
