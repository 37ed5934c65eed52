import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeSyncCursor } from "../../domain/conversation/sync-cursor.ts";
import { until } from "../cluster-node.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import {
  anotherDevice,
  directBetween,
  expectProblem,
  groupOf,
  type Json,
  newKey,
  type Person,
  type Reply,
  say,
  signUp,
} from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine({ HEARTBEAT_MS: "200", SESSION_TIMEOUT_MS: "3000", BUFFER_BYTES: "131072" });
}, 60_000);
afterAll(() => engine.stop());

const open = new Set<ClientRequest>();
afterEach(() => {
  for (const one of open) one.destroy();
  open.clear();
});

interface Sent {
  event: string;
  id: string;
  data: Json;
}

/** A stream read as its bytes come. */
class EventStream {
  readonly response: IncomingMessage;
  readonly sent: Sent[] = [];
  text = "";
  #look = () => {};

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      this.text += piece;
      const blocks = this.text.split("\n\n").slice(0, -1);
      this.sent.splice(0, this.sent.length, ...blocks.filter((block) => block.startsWith("event: ")).map(parsed));
      this.#look();
    });
    response.on("error", () => {});
    response.on("close", () => this.#look());
  }

  async until(isSo: (stream: EventStream) => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`it never came to be: ${this.text.slice(-500)}`)), 30_000);
      this.#look = () => {
        if (!isSo(this)) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
  }

  seqs(): number[] {
    return this.sent.filter(({ event }) => event === "entry").map(({ data }) => data.seq);
  }
}

function parsed(block: string): Sent {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
  return { event: fields.event, id: fields.id, data: JSON.parse(fields.data) };
}

function get(path: string, { token }: Person, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = `${engine.url}/api/v1${path}`;
    const asked = request(url, { headers: { authorization: `Bearer ${token}`, ...headers }, agent: false }, resolve);
    open.add(asked.on("error", reject).end());
  });
}

async function stream(person: Person, lastEventId?: string): Promise<EventStream> {
  return new EventStream(await get("/events", person, lastEventId ? { "last-event-id": lastEventId } : {}));
}

const isSynced = ({ sent }: EventStream) => sent.some(({ event }) => event === "synced");
const routesOf = async ({ id }: Person) => (await engine.caller.call("router.where", { userId: id })).length;

async function pair() {
  const [ada, bob] = [await signUp(engine), await signUp(engine)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

describe("server-sent events", () => {
  test("are a stream that no proxy keeps or gathers, with an id on each", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "1");
    const events = await stream(bob);
    await events.until(isSynced);
    await say(ada, conversationId, "2");
    await events.until(({ sent }) => sent.some(({ event }) => event === "heads"));
    expect(events.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": expect.stringContaining("no-store"),
      "x-accel-buffering": "no",
    });
    expect(events.sent[0]).toMatchObject({ event: "ready", data: { userId: bob.id, deviceId: bob.deviceId } });
    expect(events.seqs()).toEqual([1, 2]);
    for (const { id } of events.sent) decodeSyncCursor(id);
    expect(decodeSyncCursor(events.sent.at(-1)?.id ?? "").positions).toEqual(new Map([[conversationId, 2]]));
  });

  test("resume after any of them: what came before is acknowledged, the rest comes again", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    for (const content of ["1", "2", "3"]) await say(ada, conversationId, content);
    const events = await stream(bob);
    await events.until(isSynced);
    const { id } = events.sent.find(({ data }) => data.conversationId === conversationId && data.seq === 2) as Sent;
    const seen = decodeSyncCursor(id).positions;
    const again = await stream(bob, id);
    await again.until(isSynced);
    const entries = again.sent.filter(({ event }) => event === "entry").map(({ data }) => [data.conversationId, data.seq]);
    expect(entries).toEqual(
      seen.has(group)
        ? [[conversationId, 3]]
        : expect.arrayContaining([
            [conversationId, 3],
            [group, 1],
          ]),
    );
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.others.deliveredSeq).toBe(2);
  });

  test("with an id that is none are refused as a problem", async () => {
    expectProblem(
      await (await signUp(engine)).call("GET", "/events", undefined, { "last-event-id": "nonsense" }),
      422,
      "VALIDATION",
    );
  });

  test("are pinged, and live on without a word from the client", async () => {
    const { ada, bob, conversationId } = await pair();
    const events = await stream(bob);
    await events.until(({ sent }) => sent.filter(({ event }) => event === "heads").length > 20);
    expect(events.text).toContain("\n\n:\n\n");
    await say(ada, conversationId, "still there");
    await events.until(({ sent }) => sent.some(({ event }) => event === "entry"));
  });

  test("end when the client goes, and its route with them", async () => {
    const bob = await signUp(engine);
    const events = await stream(bob);
    await events.until(isSynced);
    expect(await routesOf(bob)).toBe(1);
    events.response.destroy();
    await until(async () => (await routesOf(bob)) === 0);
  });

  test("end when the device is revoked", async () => {
    const ada = await signUp(engine);
    const tablet = await anotherDevice(engine, ada);
    const events = await stream(tablet);
    await events.until(isSynced);
    await ada.call("DELETE", `/auth/sessions/${tablet.deviceId}`);
    await events.until(({ response }) => response.closed);
    expect(events.sent.at(-1)).toMatchObject({ event: "session", data: { op: "revoked" } });
    expect(events.text).toContain(": 4403 REVOKED");
  });

  test("that nobody reads are closed", async () => {
    const { ada, bob, conversationId } = await pair();
    const events = await stream(bob);
    await events.until(isSynced);
    events.response.pause();
    const sender = await online(connectWebSocket, engine, ada);
    for (let i = 0; (await routesOf(bob)) > 0; i++) {
      if (i === 5000) throw new Error("the stream was never closed");
      await sender.request("message:send", { conversationId, clientMsgId: newKey(), content: "x".repeat(16_000) });
    }
  }, 60_000);

  test("count as sockets of their user", async () => {
    const ada = await signUp(engine);
    const first = await stream(ada);
    await first.until(isSynced);
    for (let i = 0; i < 10; i++) await online(connectWebSocket, engine, ada);
    await first.until(({ response }) => response.closed);
    expect(first.text).toContain(": 4409 REPLACED");
  });
});

describe("a long poll", () => {
  const settled = async (person: Person) => {
    let { body } = await person.call("GET", "/sync");
    for (let empty = 0; empty < 2; ) {
      ({ body } = await person.call("GET", `/sync?cursor=${encodeURIComponent(body.cursor)}`));
      empty = body.entries.length + body.conversations.length + body.changes.length === 0 ? empty + 1 : 0;
    }
    return encodeURIComponent(body.cursor);
  };

  test("is answered when an entry comes, and leaves no route behind", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "before");
    const cursor = await settled(bob);
    const waiting = bob.call("GET", `/sync?wait=20&cursor=${cursor}`);
    await until(async () => (await routesOf(bob)) === 1);
    await say(ada, conversationId, "now");
    expect((await waiting).body.entries).toMatchObject([{ content: "now" }]);
    await until(async () => (await routesOf(bob)) === 0);
  });

  test("is answered empty when nothing came", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "before");
    const cursor = await settled(bob);
    const before = Date.now();
    const { status, body } = await bob.call("GET", `/sync?wait=1&cursor=${cursor}`);
    expect([status, body.entries, body.more]).toEqual([200, [], false]);
    expect(Date.now() - before).toBeGreaterThanOrEqual(900);
  });

  test("that the client drops is forgotten", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "before");
    const cursor = await settled(bob);
    const dropped = get(`/sync?wait=60&cursor=${cursor}`, bob).catch(() => undefined);
    await until(async () => (await routesOf(bob)) === 1);
    for (const one of open) one.destroy();
    await until(async () => (await routesOf(bob)) === 0);
    await dropped;
  });

  test("of a device that is signed out tells it nothing more", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "before");
    const cursor = await settled(bob);
    const phone = await anotherDevice(engine, bob);
    const waiting = bob.call("GET", `/sync?wait=20&cursor=${cursor}`);
    await until(async () => (await routesOf(bob)) === 1);
    expect((await phone.call("DELETE", `/auth/sessions/${bob.deviceId}`)).status).toBe(204);
    expect((await waiting).body).toMatchObject({ code: "UNAUTHENTICATED", revoked: true });
  });

  test("does not count as a socket, and there are not more than ten of them", async () => {
    const { ada, bob, conversationId } = await pair();
    await say(ada, conversationId, "before");
    const cursor = await settled(bob);
    const wire = await online(connectWebSocket, engine, bob);
    const answers: Reply[] = [];
    const poll = async () => answers.push(await bob.call("GET", `/sync?wait=30&cursor=${cursor}`));
    const polls = Array.from({ length: 12 }, poll);
    await until(() => answers.length === 2);
    await say(ada, conversationId, "now");
    await Promise.all(polls);
    expect(answers.map(({ body }) => body.entries.length)).toEqual([0, 0, ...Array(10).fill(1)]);
    expect((await wire.request("sync", {})).ok).toBe(true);
  });

  test("does not hold up a server that stops", async () => {
    const stopping = await startEngine();
    const ada = await signUp(stopping);
    const { body } = await ada.call("GET", "/sync");
    const waiting = ada.call("GET", `/sync?wait=60&cursor=${encodeURIComponent(body.cursor)}`);
    const hasRoute = async () => (await stopping.caller.call("router.where", { userId: ada.id })).length === 1;
    await until(hasRoute);
    await stopping.stop();
    expect((await waiting).status).toBe(200);
  }, 60_000);
});
