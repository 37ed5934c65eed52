import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { WebSocket } from "ws";
import { errorCodes } from "../../contracts/errors.ts";
import { routes } from "../../contracts/rest/index.ts";
import { clientEvents } from "../../contracts/socket-events.ts";
import { until } from "../cluster-node.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import { groupOf, type Json, type Person, say, signUp } from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, type Wire, webSocketWire } from "../protocol/sockets.ts";

let engine: TestEngine;
let ada: Person;
let eve: Person;
let known: { conversationId: string; messageId: string; userId: string };

beforeAll(async () => {
  engine = await startEngine();
  [ada, eve] = [await signUp(engine), await signUp(engine)];
  const conversationId = await groupOf(ada);
  known = { conversationId, messageId: (await say(ada, conversationId, "precious")).id, userId: ada.id };
}, 60_000);
afterAll(() => engine.stop());

const codes = new Set<string>(Object.keys(errorCodes));
/** What a client may be told for what it sent; INTERNAL would be our own mistake. */
const isDocumented = (answer: Json) => answer.ok === true || (codes.has(answer.error?.code) && answer.error.code !== "INTERNAL");

/** Values that have hurt other servers. */
const nasty = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "\u0000",
    "\ud800",
    "\u202e",
    "__proto__",
    "constructor",
    "' or 1=1 --",
    "../../etc/passwd",
    "9".repeat(400),
    "x".repeat(16_385),
  ),
  fc.constantFrom(-1, 0, 1.5, 2 ** 53, Number.MAX_VALUE, -0),
  fc.constantFrom(null, true, [], {}, [[]], { $ne: 1 }, { toString: 1 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constant(() => known.conversationId),
  fc.constant(() => known.messageId),
  fc.constant(() => known.userId),
);
const names = [
  "id",
  "conversationId",
  "to",
  "clientMsgId",
  "type",
  "content",
  "metadata",
  "replyTo",
  "mentions",
  "attachments",
  "expiresIn",
  "for",
  "emoji",
  "op",
  "seq",
  "state",
  "status",
  "userIds",
  "cursor",
  "cursors",
  "epochs",
  "limit",
  "token",
  "__proto__",
];
const data = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.dictionary(fc.constantFrom(...names), fc.oneof(nasty, fc.array(nasty, { maxLength: 3 })), { maxKeys: 8 }),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
);
/** The ids of real things are known only when the engine runs. */
const real = (value: unknown): unknown =>
  typeof value === "function"
    ? value()
    : Array.isArray(value)
      ? value.map(real)
      : value && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, real(v)]))
        : value;

async function logOf(person: Person): Promise<Json> {
  return (await person.call("GET", `/conversations/${known.conversationId}/entries`)).body;
}

describe.each([
  ["WebSocket", connectWebSocket],
  ["Socket.IO", connectSocketIo],
])("random frames over %s", (_, connect) => {
  test("get a documented answer, harm nobody, and store nothing in a conversation of others", async () => {
    const before = await logOf(ada);
    let wire: Wire = await connect(engine, eve);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(clientEvents)), data, async (event, value) => {
        const answer = await wire.request(event, real(value));
        if (!isDocumented(answer))
          throw new Error(`${event} ${JSON.stringify(real(value))} was answered ${JSON.stringify(answer)}`);
      }),
      { numRuns: 600 },
    );
    wire.close();
    wire = await connect(engine, eve);
    expect((await wire.request("sync", {})).ok).toBe(true);
    expect(await logOf(ada)).toEqual(before);
  });
});

describe("random bytes", () => {
  test("as a frame are answered or close that socket alone", async () => {
    const witness = await connectWebSocket(engine, ada);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, binary) => {
        const socket = new WebSocket(`${engine.url.replace("http", "ws")}/ws`, ["chat.v1", eve.token]);
        const wire = await webSocketWire(socket);
        await wire.next("synced");
        const said = new Promise<Json>((resolve) => {
          socket.on("message", (raw) => {
            const frame = JSON.parse(String(raw));
            if (frame.event === undefined) resolve(frame);
          });
        });
        socket.send(bytes, { binary });
        const outcome = await Promise.race([said, wire.closed]);
        wire.close();
        await wire.closed;
        expect("code" in outcome ? [1007, 4413].includes(outcome.code) : isDocumented(outcome)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect((await witness.request("sync", {})).ok).toBe(true);
  });
});

describe("random bodies over REST", () => {
  const withBody = Object.entries(routes).filter(([, route]) => "body" in route && route.auth === "bearer");
  test.each(withBody.map(([name]) => name))("%s answers a documented status", async (name) => {
    const before = await logOf(ada);
    const [method = "", path = ""] = name.split(" ");
    await fc.assert(
      fc.asyncProperty(data, nasty, async (body, part) => {
        const wild = encodeURIComponent((JSON.stringify(real(part)) ?? "x").toWellFormed());
        const reply = await eve.call(method, path.replace(/:\w+/g, wild), real(body));
        const fine = reply.status < 300 || (codes.has(reply.body?.code) && reply.status !== 500);
        if (!fine)
          throw new Error(
            `${name} ${wild} ${JSON.stringify(real(body))} was answered ${reply.status} ${JSON.stringify(reply.body)}`,
          );
      }),
      { numRuns: 60 },
    );
    expect(await logOf(ada)).toEqual(before);
  });
});

describe("a thousand sockets of one user", () => {
  test("leave ten, and the rest are told why", async () => {
    const codes: number[] = [];
    for (let round = 0; round < 20; round++) {
      const wires = await Promise.all(Array.from({ length: 50 }, () => connectWebSocket(engine, eve)));
      for (const wire of wires) void wire.closed.then(({ code }) => codes.push(code));
      await Promise.all(wires.map((wire) => wire.next("ready")));
    }
    const last = await connectWebSocket(engine, eve);
    expect((await last.request("sync", {})).ok).toBe(true);
    await until(() => codes.length >= 991);
    expect(codes).toHaveLength(991);
    expect(new Set(codes)).toEqual(new Set([4409]));
    expect((await (await connectWebSocket(engine, ada)).request("sync", {})).ok).toBe(true);
  }, 60_000);
});
