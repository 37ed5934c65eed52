import { describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { directBetween, expectProblem, type Json, newKey, type Person, signUp } from "./people.ts";
import { expectShape } from "./shapes.ts";
import { connectWebSocket, online, webSocketWire } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const wsUrl = () => `${target.url.replace(/^http/, "ws")}/ws`;

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

/** A socket past its backlog, and what it answers to a frame sent as it is. */
async function rawSocket({ token }: Person) {
  const socket = new WebSocket(wsUrl(), ["chat.v1", token]);
  const wire = await webSocketWire(socket);
  await wire.next("synced");
  const ask = (frame: string | Buffer) =>
    new Promise<Json>((resolve) => {
      const look = (raw: Buffer) => {
        const said = JSON.parse(String(raw));
        if ("event" in said) return;
        socket.off("message", look);
        resolve(said);
      };
      socket.on("message", look);
      socket.send(frame);
    });
  return { wire, ask };
}

describe("plain WebSocket frames", () => {
  test("have the fields of the page, and no other", async () => {
    const { ada, bob, conversationId } = await pair();
    const { ask } = await rawSocket(ada);
    const sent = await ask(
      JSON.stringify({ id: "a-1", event: "message:send", data: { conversationId, clientMsgId: newKey(), content: "x" } }),
    );
    expect(sent).toEqual({ id: "a-1", ok: true, data: expect.any(Object) });
    expectShape("message", sent.data);
    expect(await ask(JSON.stringify({ id: 7, event: "receipt:read", data: { conversationId, seq: 1 } }))).toEqual({
      id: 7,
      ok: true,
      data: {},
    });
    const refused = await ask(JSON.stringify({ id: 8, event: "no:such", data: {} }));
    expect(refused).toEqual({ id: 8, ok: false, error: expect.any(Object) });
    expectShape("socketError", refused.error);
    const down: Json[] = [];
    const socket = new WebSocket(wsUrl(), ["chat.v1", bob.token]);
    socket.on("message", (raw) => down.push(JSON.parse(String(raw))));
    await (await webSocketWire(socket)).next("synced");
    for (const frame of down) expect(Object.keys(frame).sort()).toEqual(["data", "event"]);
  });

  test("may come in any order of fields and with any white space", async () => {
    const { ask } = await rawSocket(await signUp(target));
    expect(await ask(' { "data" : {} ,\n "event":"sync", "id" : 1 } ')).toMatchObject({ id: 1, ok: true });
  });

  test.each([
    ["constructor", {}],
    ["__proto__", {}],
    ["toString", {}],
    ["", {}],
    ["MESSAGE:SEND", {}],
    ["ready", {}],
    ["entry", {}],
  ])("with event %j are VALIDATION", async (event, data) => {
    const { ask, wire } = await rawSocket(await signUp(target));
    expect(await ask(JSON.stringify({ id: 1, event, data }))).toMatchObject({ id: 1, ok: false, error: { code: "VALIDATION" } });
    expect((await wire.request("sync", {})).ok).toBe(true);
  });

  test("that fill the frame are taken up to its limit", async () => {
    const { ada, conversationId } = await pair();
    const { ask, wire } = await rawSocket(ada);
    const { frameBytes } = (await wire.next("ready")).limits;
    const request = { id: 1, event: "message:send", data: { conversationId, clientMsgId: newKey(), content: "x", odd: "" } };
    request.data.odd = "o".repeat(frameBytes - JSON.stringify(request).length);
    expect(await ask(JSON.stringify(request))).toMatchObject({ id: 1, ok: true });
  });

  test("find their token in the query or among the sub-protocols, in any order", async () => {
    const ada = await signUp(target);
    for (const connect of [
      () => new WebSocket(`${wsUrl()}?token=${ada.token}`),
      () => new WebSocket(`${wsUrl()}?token=${ada.token}`, ["chat.v1"]),
      () => new WebSocket(wsUrl(), ["chat.v1", ada.token]),
    ]) {
      expect(await (await webSocketWire(connect())).next("ready")).toMatchObject({ userId: ada.id });
    }
  });
});

describe("text", () => {
  const refused = ["\u0000", "a\u0007b", "\u001b[31m", "\u007f", "\ud800", "x\udfff"];
  const welcome = [
    "line\nbreak\ttab",
    "  spaces  ",
    "שלום \u200fabc\u200e",
    "👨‍👩‍👧‍👦",
    "e\u0301",
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "''; DROP TABLE users",
  ];

  test.each(welcome)("%j comes back as it was sent", async (content) => {
    const { ada, bob, conversationId } = await pair();
    const b = await online(connectWebSocket, target, bob);
    const sent = await ada.call("POST", `/conversations/${conversationId}/messages`, { clientMsgId: newKey(), content });
    expect(sent).toMatchObject({ status: 201, body: { content } });
    expect((await b.next("entry")).content).toBe(content);
    expect((await bob.call("GET", `/conversations/${conversationId}/messages`)).body.items[0].content).toBe(content);
  });

  test.each(refused)("%j is VALIDATION", async (content) => {
    const { ada, conversationId } = await pair();
    const post = (message: object) =>
      ada.call("POST", `/conversations/${conversationId}/messages`, { clientMsgId: newKey(), content: "x", ...message });
    expectProblem(await post({ content }), 422, "VALIDATION");
    expectProblem(await post({ clientMsgId: content }), 422, "VALIDATION");
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.lastSeq).toBe(0);
  });

  test.each([
    ["a clientMsgId of 129 units", { clientMsgId: "x".repeat(129) }],
    ["an empty clientMsgId", { clientMsgId: "" }],
    ["metadata that is a list", { metadata: [] }],
    ["metadata without end", { metadata: { x: "y".repeat(20_000) } }],
    ["an attachment of a negative size", { attachments: [{ fileId: "f", name: "n", mimeType: "a/b", size: -1 }] }],
  ])("%s is VALIDATION", async (_, wrong) => {
    const { ada, conversationId } = await pair();
    const message = { clientMsgId: newKey(), content: "x", ...wrong };
    expectProblem(await ada.call("POST", `/conversations/${conversationId}/messages`, message), 422, "VALIDATION");
  });
});
