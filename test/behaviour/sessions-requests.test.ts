import { describe, expect, test } from "@jest/globals";
import type { ActionName } from "../../contracts/caller.ts";
import { RateLimitedError } from "../../contracts/errors.ts";
import { directConversationId } from "../../domain/conversation/direct-id.ts";
import { type Behind, message, noBacklog, Stage } from "./session-stage.ts";

const viewer = { userId: "ada", deviceId: "ada-phone", sessionId: "id-1" };
const change = { conversationId: "c", seq: 2 };
const behind: Behind = {
  "conversations.append": () => message(1),
  "conversations.locate": () => ({ conversationId: "c", seq: 1 }),
  "conversations.change": () => change,
  "conversations.hide": () => change,
  "conversations.cursor": () => undefined,
  "conversations.typing": () => undefined,
  "conversations.sync": () => noBacklog,
  "presence.set": () => undefined,
  "presence.watch": () => ({ items: [] }),
  "presence.unwatch": () => undefined,
};

async function ada(more: Behind = {}, env?: Record<string, string>) {
  const stage = new Stage({ ...behind, ...more }, env);
  const { session, tape } = await stage.live("ada");
  stage.asked.length = 0;
  return { stage, session, tape };
}

const text = { clientMsgId: "k", content: "hi" };
const sent = { clientMsgId: "k", type: "text", content: "hi" };
const located = { viewer, conversationId: "c", messageId: "m" };
const calls: [event: string, data: object, name: ActionName, params: object][] = [
  ["message:send", { conversationId: "c", ...text }, "conversations.append", { conversationId: "c", viewer, message: sent }],
  [
    "message:send",
    { to: "bob", ...text },
    "conversations.append",
    { conversationId: directConversationId("ada", "bob"), peerId: "bob", viewer, message: sent },
  ],
  ["message:edit", { id: "m", content: "x" }, "conversations.change", { ...located, change: { op: "edit", content: "x" } }],
  ["message:delete", { id: "m", for: "everyone" }, "conversations.change", { ...located, change: { op: "delete" } }],
  ["message:delete", { id: "m", for: "me" }, "conversations.hide", located],
  [
    "message:react",
    { id: "m", emoji: "👍", op: "add" },
    "conversations.change",
    { ...located, change: { op: "react", emoji: "👍", remove: false } },
  ],
  ["message:pin", { id: "m", op: "remove" }, "conversations.change", { ...located, change: { op: "pin", remove: true } }],
  ["receipt:delivered", change, "conversations.cursor", { ...change, viewer, kind: "delivered" }],
  ["receipt:read", change, "conversations.cursor", { ...change, viewer, kind: "read" }],
  ["typing", { conversationId: "c", state: "stop" }, "conversations.typing", { conversationId: "c", state: "stop", viewer }],
  ["presence:set", { status: "busy" }, "presence.set", { userId: "ada", status: "busy" }],
  ["presence:watch", { userIds: ["bob"] }, "presence.watch", { viewer, gateway: "node", userIds: ["bob"] }],
  ["presence:unwatch", { userIds: ["bob"] }, "presence.unwatch", { viewer, userIds: ["bob"] }],
  ["sync", { cursor: "x", junk: 1 }, "conversations.sync", { viewer, request: { cursor: "x", limit: 500 } }],
];

describe("a request", () => {
  test.each(calls)("%s %j becomes %s", async (event, data, name, params) => {
    const { stage, session } = await ada();
    expect(await session.receive(event, data)).toMatchObject({ ok: true });
    expect(stage.asked.at(-1)).toEqual({ name, params });
  });

  test("to watch somebody waits until routers know where to tell of changes", async () => {
    const { stage } = await ada();
    const { session } = stage.open("bob");
    const routed = () => JSON.stringify(stage.names("route.changed")).includes('"bob"');
    stage.behind["presence.watch"] = () => ({ items: routed() ? [{ userId: "ada", status: "online" }] : [] });
    const answered = session.receive("presence:watch", { userIds: ["ada"] });
    expect(routed()).toBe(false);
    await stage.turn(20);
    expect(await answered).toMatchObject({ ok: true, data: { items: [{ userId: "ada" }] } });
  });

  test("to oneself, to both or to nobody is VALIDATION", async () => {
    const { stage, session } = await ada();
    for (const where of [{ to: "ada" }, { to: "bob", conversationId: "c" }, {}]) {
      expect(await session.receive("message:send", { ...where, ...text })).toMatchObject({ error: { code: "VALIDATION" } });
    }
    expect(stage.asked).toEqual([]);
  });

  test.each([
    ["constructor", {}],
    ["__proto__", {}],
    [undefined, {}],
    [7, {}],
    ["typing", undefined],
    ["typing", "x"],
    ["sync", { junk: JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`) }],
  ])("%p with %p is VALIDATION", async (event, data) => {
    const { session } = await ada();
    expect(await session.receive(event, data)).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
  });

  test("that fails for a reason of our own tells it only outside production", async () => {
    const fails: Behind = {
      "presence.set": () => {
        throw new TypeError("secret");
      },
    };
    const open = await ada(fails);
    const closed = await ada(fails, { NODE_ENV: "production", JWT_SECRET: "x".repeat(32) });
    const ask = async ({ session }: typeof open) => JSON.stringify(await session.receive("presence:set", { status: "away" }));
    expect(await ask(open)).toContain("secret");
    expect(await ask(closed)).toBe('{"ok":false,"error":{"code":"INTERNAL","message":"Something went wrong"}}');
  });

  test("too many at once are OVERLOADED, and the session goes on", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { session } = await ada({ "presence.set": () => promise });
    const asked = Array.from({ length: 200 }, () => session.receive("presence:set", { status: "away" }));
    resolve();
    const answers = await Promise.all(asked);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(128);
    expect(answers.at(-1)).toMatchObject({ error: { code: "OVERLOADED", retryAfterMs: 1000 } });
    expect(await session.receive("presence:set", { status: "away" })).toMatchObject({ ok: true });
  });

  test("sync runs alone, and not while the answer before is still to be taken", async () => {
    let running = 0;
    let most = 0;
    const { session, tape } = await ada({
      "conversations.sync": async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return noBacklog;
      },
    });
    const answers = await Promise.all([1, 2, 3].map(() => session.receive("sync", {})));
    expect([most, answers.every(({ ok }) => ok)]).toEqual([1, true]);
    tape.answers = 2_000_000;
    expect(await session.receive("sync", {})).toMatchObject({ error: { code: "OVERLOADED" } });
    tape.answers = 0;
    expect(await session.receive("sync", {})).toMatchObject({ ok: true });
  });

  test("auth:refresh takes a token of the same user and device alone", async () => {
    const { session } = await ada();
    expect(await session.receive("auth:refresh", { token: "bob" })).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(await session.receive("auth:refresh", { token: "ada/tablet" })).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(await session.receive("auth:refresh", { token: "ada" })).toEqual({ ok: true, data: { expiresIn: 900 } });
  });
});

describe("typing", () => {
  const typing = (state: string) => ({ conversationId: "c", state, viewer });
  const said = (stage: Stage) => stage.asked.filter(({ name }) => name === "conversations.typing").map(({ params }) => params);

  test("that is not said again ends after six seconds", async () => {
    const { stage, session } = await ada();
    await session.receive("typing", { conversationId: "c", state: "start" });
    await stage.turn(3000);
    await session.receive("typing", { conversationId: "c", state: "start" });
    await stage.turn(5750);
    expect(said(stage)).toEqual([typing("start"), typing("start")]);
    await stage.turn(500);
    expect(said(stage)).toEqual([typing("start"), typing("start"), typing("stop")]);
    await stage.turn(10_000);
    expect(said(stage)).toHaveLength(3);
  });

  test("that was ended is not ended again, and may begin anew", async () => {
    const { stage, session } = await ada();
    for (const state of ["start", "stop", "start"]) await session.receive("typing", { conversationId: "c", state });
    await stage.turn(10_000);
    expect(said(stage)).toEqual([typing("start"), typing("stop"), typing("start"), typing("stop")]);
  });

  test("ends also when its session is gone, or when it may not be said any more", async () => {
    const { stage, session } = await ada();
    await session.receive("typing", { conversationId: "c", state: "start" });
    session.gone();
    stage.behind["conversations.typing"] = () => Promise.reject(new RateLimitedError());
    await stage.turn(6500);
    expect(said(stage)).toEqual([typing("start"), typing("stop")]);
  });
});

describe("sending too fast", () => {
  const env = { RATE_LIMITS: "on", SENDS_PER_SECOND: "5", SEND_BURST: "8" };
  const send = { conversationId: "c", ...text };

  test("is RATE_LIMITED a device, and says when to try again", async () => {
    const { stage, session } = await ada({}, env);
    const { session: tablet } = await stage.live("ada/tablet");
    const answers = [];
    for (let i = 0; i < 10; i++) answers.push(await session.receive("message:send", send));
    expect(answers.map(({ ok }) => ok)).toEqual([...Array(8).fill(true), false, false]);
    expect(answers[9]).toMatchObject({ error: { code: "RATE_LIMITED", retryAfterMs: expect.any(Number) } });
    expect(await tablet.receive("message:send", send)).toMatchObject({ ok: true });
    expect(await session.receive("presence:set", { status: "away" })).toMatchObject({ ok: true });
  });

  test("is allowed where limits are off", async () => {
    const { session } = await ada({}, { ...env, RATE_LIMITS: "off" });
    for (let i = 0; i < 20; i++) expect(await session.receive("message:send", send)).toMatchObject({ ok: true });
  });

  test("is told apart from a service that says so", async () => {
    const { session } = await ada({
      "presence.set": () => {
        throw new RateLimitedError("slowly", { retryAfterMs: 7 });
      },
    });
    expect(await session.receive("presence:set", { status: "away" })).toEqual({
      ok: false,
      error: { code: "RATE_LIMITED", message: "slowly", retryAfterMs: 7 },
    });
  });
});
