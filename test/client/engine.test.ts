import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { io } from "socket.io-client";
import { socketIoTransport } from "../../client/connection/socket-io-transport.ts";
import type { Transport } from "../../client/connection/transport.ts";
import { webSocketTransport } from "../../client/connection/websocket-transport.ts";
import { type ChatClient, type ClientOptions, createClient, Inbox, memoryStore, Timeline } from "../../client/index.ts";
import type { Entry } from "../../contracts/entry.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import { goodPassword, newUsername } from "../protocol/people.ts";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine({ HEARTBEAT_MS: "500", PRESENCE_GRACE_MS: "200", ACCESS_TOKEN_SECONDS: "4" });
}, 60_000);
afterAll(() => engine.stop());

const open: ChatClient[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** WebSockets that the test can cut, before or after what is sent reaches the server. */
class Cuttable {
  #sockets = new Set<WebSocket>();
  readonly transport = webSocketTransport(this.#constructorOfSockets());
  /** Cuts the connection right after the next frame of that event went out. */
  cutAfter: string | undefined;

  cut(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #constructorOfSockets() {
    const sockets = () => this.#sockets;
    const cutAfter = (frame: string) => this.cutAfter !== undefined && frame.includes(this.cutAfter);
    const done = () => (this.cutAfter = undefined);
    return class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets().add(this);
      }
      override send(frame: string): void {
        super.send(frame);
        if (!cutAfter(frame)) return;
        done();
        this.close();
      }
    };
  }
}

type Known = ChatClient & { entries: Entry[] };

function clientFor(options: Partial<ClientOptions> = {}): Known {
  const client = createClient({ url: engine.url, backoff: { firstMs: 50, mostMs: 200 }, ...options });
  open.push(client);
  const entries: Entry[] = [];
  client.on("entry", (entry) => entries.push(entry));
  return Object.assign(client, { entries });
}

async function person(options: Partial<ClientOptions> = {}): Promise<Known> {
  const client = clientFor(options);
  const [username, password] = [newUsername(), goodPassword()];
  await client.register({ username, password });
  await client.login(username, password);
  client.connect();
  await until(() => client.connection.state === "online");
  return client;
}

/** Looks again whenever something may have happened; fails after half a minute. */
async function until(holds: () => boolean, ms = 30_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); ) {
    if (Date.now() > end) throw new Error(`it never became true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const idOf = (client: ChatClient) => client.user?.id ?? "";
const said = (client: Known) => client.entries.filter((e) => e.kind === "message").map((e) => e.content);

async function directOf(one: ChatClient, other: ChatClient): Promise<string> {
  return (await one.call("POST /conversations", { body: { userId: idOf(other) } })).id;
}

/** A WebSocket on which every third live entry gets lost, the last one too. */
function leaky(): Transport {
  const transport = webSocketTransport();
  let entries = 0;
  return {
    open: (url, token, events) =>
      transport.open(url, token, {
        ...events,
        event: (name, data) => (name === "entry" && ++entries % 3 === 0 ? undefined : events.event(name, data)),
      }),
  };
}

describe.each([
  ["WebSocket", () => webSocketTransport()],
  ["Socket.IO", () => socketIoTransport(io)],
])("over %s", (_, transport) => {
  test("a device that is signed out elsewhere learns of it, and stays away", async () => {
    const ada = await person({ transport: transport() });
    const ended: object[] = [];
    ada.on("signedOut", (data) => ended.push(data));
    await ada.call("DELETE /auth/sessions/:deviceId", { params: { deviceId: ada.deviceId ?? "" } });
    await until(() => ended.length === 1);
    expect(ended).toEqual([{ by: "server" }]);
    expect(ada.user).toBeUndefined();
    expect(["stopped", "closed"]).toContain(ada.connection.state);
  });

  test("two people chat: each hears everything once, in order, and the sender sees it delivered and read", async () => {
    const ada = await person({ transport: transport() });
    const bob = await person({ transport: transport() });
    const receipts: object[] = [];
    ada.on("receipt", (receipt) => receipts.push(receipt));
    ada.send({ to: idOf(bob), content: "1" });
    ada.send({ to: idOf(bob), content: "2" });
    await until(() => said(bob).length === 2);
    const id = bob.entries[0]?.conversationId ?? "";
    bob.send({ conversationId: id, content: "3" });
    await until(() => said(ada).length === 3 && said(bob).length === 3);
    expect([said(ada), said(bob)]).toEqual([
      ["1", "2", "3"],
      ["1", "2", "3"],
    ]);
    await until(() => receipts.some((r) => "deliveredSeq" in r));
    ada.send({ conversationId: id, content: "4" });
    await until(() => said(bob).length === 4);
    await bob.read(id, 4);
    await until(() => receipts.some((r) => "readSeq" in r && r.readSeq === 4));
  });
});

describe("a connection cut while sending", () => {
  test.each(["message:send", "receipt:delivered", "sync"])("after %s loses and doubles nothing", async (event) => {
    const wire = new Cuttable();
    const ada = await person({ transport: wire.transport });
    const bob = await person();
    const id = await directOf(ada, bob);
    wire.cutAfter = `"${event}"`;
    if (event === "sync") wire.cut();
    const sent = Array.from({ length: 10 }, (_, i) => ada.send({ conversationId: id, content: `${i}` }).request.content);
    await until(() => said(ada).length >= 10 && said(bob).length >= 10 && wire.cutAfter === undefined);
    await until(() => ada.connection.state === "online" && ada.outbox.length === 0);
    expect(said(bob)).toEqual(sent);
    expect(said(ada)).toEqual(sent);
    expect(ada.outbox).toEqual([]);
  });

  test("again and again, with both sides speaking, leaves both with the same log", async () => {
    const wires = [new Cuttable(), new Cuttable()];
    const [ada, bob] = [await person({ transport: wires[0]?.transport }), await person({ transport: wires[1]?.transport })];
    const id = await directOf(ada, bob);
    for (let i = 0; i < 30; i++) {
      (i % 2 ? ada : bob).send({ conversationId: id, content: `${i}` });
      if (i % 5 === 0) wires[(i / 5) % 2]?.cut();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => said(ada).length >= 30 && said(bob).length >= 30);
    expect(said(ada)).toEqual(said(bob));
    const mine = (parity: number) => said(ada).filter((content) => Number(content) % 2 === parity);
    for (const parity of [0, 1]) expect(mine(parity)).toEqual(mine(parity).toSorted((a, b) => Number(a) - Number(b)));
    const { items } = await ada.call("GET /conversations/:id/entries", { params: { id }, query: { limit: 200 } });
    expect(ada.entries.filter((e) => e.conversationId === id)).toEqual(items);
  }, 20_000);
});

test("a client that is made again from its store sends what it had not sent, and hears what it had not heard", async () => {
  const store = memoryStore();
  const before = await person({ store });
  const bob = await person();
  const id = await directOf(before, bob);
  bob.send({ conversationId: id, content: "early" });
  await until(() => said(before).length === 1);
  before.close();
  before.send({ conversationId: id, content: "written offline" });
  bob.send({ conversationId: id, content: "meanwhile" });
  await until(() => bob.outbox.length === 0);

  const after = clientFor({ store });
  expect(after.user?.id).toBe(idOf(before));
  expect(after.outbox.map((item) => item.request.content)).toEqual(["written offline"]);
  after.connect();
  await until(() => said(after).length === 2 && said(bob).length === 3);
  expect(said(after)).toEqual(["meanwhile", "written offline"]);
  expect(after.cursor(id)).toBe(3);
  expect(after.outbox).toEqual([]);
});

test("a message that is refused for good fails, and the connection stays", async () => {
  const ada = await person();
  const failures: string[] = [];
  ada.on("outbox", ({ state, item }) => state === "failed" && failures.push(item.failure?.code ?? ""));
  ada.send({ conversationId: "nowhere", content: "hello" });
  ada.send({ to: idOf(ada), content: "x".repeat(16_385) });
  await until(() => failures.length === 2);
  expect(failures.toSorted()).toEqual(["NOT_FOUND", "VALIDATION"]);
  ada.send({ to: idOf(ada), content: "😀".repeat(8_000), metadata: { pad: "é".repeat(16_000) } });
  await until(() => failures.length === 3);
  expect(ada.connection.state).toBe("online");
});

test("the token is renewed in place while connected, and calls go on past its life", async () => {
  const store = memoryStore();
  const tokens = new Set<string>();
  const ada = await person({ store });
  const states: string[] = [];
  ada.on("connection", ({ state }) => states.push(state));
  await until(() => tokens.add(store.get("session") ?? "").size > 4);
  expect(states).toEqual([]);
  expect((await ada.call("GET /users/me")).id).toBe(idOf(ada));
}, 15_000);

test("a device that its user signs out keeps nothing", async () => {
  const store = memoryStore();
  const ada = await person({ store });
  const bob = await person();
  ada.send({ to: idOf(bob), content: "bye" });
  await until(() => ada.outbox.length === 0);
  await ada.logout();
  expect(store.keys("")).toEqual([]);
  expect(() => ada.send({ to: idOf(bob), content: "?" })).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
});

test("entries that get lost on the way are fetched", async () => {
  const ada = await person();
  const bob = await person({ transport: leaky() });
  const id = await directOf(ada, bob);
  const sent = Array.from({ length: 9 }, (_, i) => ada.send({ conversationId: id, content: `${i}` }).request.content);
  await until(() => said(bob).length >= 9);
  expect(said(bob)).toEqual(sent);
});

test("presence and typing reach who watches, over a reconnect too", async () => {
  const wire = new Cuttable();
  const ada = await person({ transport: wire.transport });
  const bob = await person();
  const id = await directOf(ada, bob);
  const seen: string[] = [];
  ada.on("presence", ({ userId, status }) => userId === idOf(bob) && seen.push(status));
  ada.on("typing", ({ state }) => seen.push(state));
  await ada.watchPresence([idOf(bob)]);
  expect(seen).toEqual(["online"]);
  bob.typing(id, "start");
  bob.typing(id, "start");
  bob.typing(id, "stop");
  await until(() => seen.includes("stop"));
  expect(seen).toEqual(["online", "start", "stop"]);
  wire.cut();
  await until(() => seen.length === 4);
  await bob.setStatus("busy");
  await until(() => seen.includes("busy"));
  bob.close();
  await until(() => seen.includes("offline"));
});

describe("the list and an open conversation", () => {
  test("end as the server would show them anew", async () => {
    const [ada, bob, carol] = [await person(), await person(), await person()];
    const { group } = await ada.call("POST /groups", { body: { name: "walk", memberIds: [idOf(bob), idOf(carol)] } });
    const { conversationId } = group;
    const inbox = new Inbox(bob, () => undefined);
    const timeline = new Timeline(bob, conversationId, () => undefined);
    await Promise.all([inbox.refresh(), timeline.open()]);
    for (const content of ["one", "two", "three"]) ada.send({ conversationId, content, mentions: [idOf(bob)] });
    await until(() => timeline.messages.length === 3);
    const [one, two, three] = timeline.messages.map(({ id }) => id) as [string, string, string];
    await bob.read(conversationId, 2);
    await ada.request("message:edit", { id: one, content: "one, better" });
    await carol.request("message:react", { id: one, emoji: "👍", op: "add" });
    await bob.request("message:react", { id: one, emoji: "👍", op: "add" });
    await ada.request("message:pin", { id: two, op: "add" });
    await ada.request("message:delete", { id: three, for: "everyone" });
    await bob.hide(two);
    await until(() => timeline.state?.asOf === 9);
    const fresh = await bob.call("GET /conversations/:id/messages", { params: { id: conversationId } });
    expect(timeline.messages).toEqual(fresh.items);
    expect(fresh.items).toHaveLength(2);
    const conversation = await bob.call("GET /conversations/:id", { params: { id: conversationId } });
    const summary = () => inbox.get(conversationId);
    await until(() => summary()?.readSeq === 2 && summary()?.lastSeq === 9);
    const own = (c = conversation) => ({
      unread: c.unread,
      lastSeq: c.lastSeq,
      lastN: c.lastN,
      last: c.lastMessage,
      name: c.name,
    });
    await until(() => summary()?.unread === conversation.unread);
    expect(own(summary())).toEqual(own());
  });

  test("show a change of one's own without being told where the log ends", async () => {
    const silent = await startEngine({ HEARTBEAT_MS: "60000" });
    const [ada, bob] = [await person({ url: silent.url }), await person({ url: silent.url })];
    const conversationId = await directOf(ada, bob);
    const timeline = new Timeline(ada, conversationId, () => undefined);
    await timeline.open();
    ada.send({ conversationId, content: "one" });
    await until(() => timeline.messages.length === 1);
    await ada.request("message:edit", { id: timeline.messages[0]?.id ?? "", content: "one, better" });
    await until(() => timeline.messages[0]?.content === "one, better");
    ada.close();
    bob.close();
    await silent.stop();
  });

  test("tell what happened in the group, where it happened", async () => {
    const [ada, bob, carol] = [await person(), await person(), await person()];
    const { group } = await ada.call("POST /groups", { body: { name: "walk", memberIds: [idOf(bob)] } });
    const { conversationId } = group;
    for (let i = 1; i <= 60; i++) ada.send({ conversationId, content: `${i}` });
    await until(() => ada.outbox.length === 0);
    await ada.call("POST /groups/:id/members", { params: { id: group.id }, body: { userIds: [idOf(carol)] } });
    const timeline = new Timeline(bob, conversationId, () => undefined, { notices: true });
    await timeline.open();
    await ada.call("PATCH /groups/:id", { params: { id: group.id }, body: { name: "long walk" } });
    const told = () => timeline.notices.map((notice) => [notice.seq, notice.kind === "member" ? notice.op : notice.changes.name]);
    await until(() => timeline.notices.length === 2);
    expect(told()).toEqual([
      [62, "add"],
      [63, "long walk"],
    ]);
    await timeline.older();
    expect(told()[0]).toEqual([1, "create"]);
    expect(told()).toHaveLength(3);
  });

  test("empty a message when its time is over", async () => {
    const [ada, bob] = [await person(), await person()];
    const id = await directOf(ada, bob);
    const timeline = new Timeline(bob, id, () => undefined);
    await timeline.open();
    ada.send({ conversationId: id, content: "for a moment", expiresIn: 3 });
    await until(() => timeline.messages[0]?.content === "for a moment");
    await until(() => timeline.messages[0]?.content === "");
    const fresh = await bob.call("GET /conversations/:id/messages", { params: { id } });
    expect(timeline.messages).toEqual(fresh.items);
  });

  test("page back through history", async () => {
    const [ada, bob] = [await person(), await person()];
    const id = await directOf(ada, bob);
    for (let i = 1; i <= 70; i++) ada.send({ conversationId: id, content: `${i}` });
    await until(() => ada.outbox.length === 0);
    const timeline = new Timeline(bob, id, () => undefined);
    await timeline.open();
    expect(timeline.messages).toHaveLength(50);
    await timeline.older();
    expect(timeline.messages.map((m) => m.content)).toEqual(Array.from({ length: 70 }, (_, i) => `${i + 1}`));
    expect(timeline.hasMoreBefore).toBe(false);
  });
});
