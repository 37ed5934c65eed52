import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../config.ts";
import { UnavailableError } from "../../contracts/errors.ts";
import { openMessageStore } from "../../stores/message-store.sqlite.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import type { Sql } from "../../stores/sql.ts";
import { spawnWriter } from "../../stores/sqlite/writer-thread.ts";
import { type Stores, storesOf } from "../../stores/stores.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import { directBetween, expectProblem, groupOf, newKey, type Person, rest, say, signIn, signUp } from "../protocol/people.ts";
import { connectWebSocket } from "../protocol/sockets.ts";

/** The accounts database, which may stay away. */
class FailingSql implements Sql {
  away = false;
  readonly #inner: Sql;

  constructor(inner: Sql) {
    this.#inner = inner;
  }

  query<Row>(sql: string, params?: unknown[]): Promise<Row[]> {
    return this.away ? Promise.reject(new UnavailableError()) : this.#inner.query<Row>(sql, params);
  }

  get lagging(): this {
    return this;
  }

  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return this.away ? Promise.reject(new UnavailableError()) : this.#inner.transaction(run);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** What the writer of the message store is told waits, while it is stuck: a disk that does not answer. */
class StuckWriter {
  #waiting: (() => void)[] | undefined;

  readonly spawn = (file: string) => {
    const worker = spawnWriter(file);
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: unknown) => {
      if (this.#waiting) this.#waiting.push(() => post(message));
      else post(message);
    };
    return worker;
  };

  stick(): void {
    this.#waiting = [];
  }

  /** All that it was told happens now, late. */
  heal(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const tell of waiting) tell();
  }
}

/** After so long the broker would give up the call, whatever the store does. */
const BROKER_MS = 10_000;

let folder: string;
let engine: TestEngine;
let sql: FailingSql;
let writer: StuckWriter;

/** The embedded stores, each as it fails here. */
function failingStores(): Stores {
  const inner = storesOf(loadConfig({ NODE_ENV: "test", DATA_DIR: folder }));
  const opened: { sql?: Promise<FailingSql>; messages?: Promise<MessageStore> } = {};
  return {
    sql: () => (opened.sql ??= inner.sql().then((real) => (sql = new FailingSql(real)))),
    messages: () => (opened.messages ??= openMessageStore(join(folder, "messages.sqlite"), { spawn: writer.spawn })),
    async close() {
      const store = await opened.messages;
      await store?.participation.close();
      await store?.log.close();
      await inner.close();
    },
  };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "switchboard-down-"));
  writer = new StuckWriter();
  engine = await startEngine({ DATA_DIR: folder, HEARTBEAT_MS: "1000" }, { stores: failingStores() });
}, 60_000);
afterEach(async () => {
  writer.heal();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const people = async () => [await signUp(engine), await signUp(engine), await signUp(engine)] as const;
const contents = async (person: Person, id: string): Promise<string[]> =>
  (await person.call("GET", `/conversations/${id}/messages`)).body.items.map(({ content }: { content: string }) => content);

describe("while the accounts database is down", () => {
  test("who is connected sends, edits, reads, syncs and receives", async () => {
    const [ada, bob, cyd] = await people();
    const direct = await directBetween(ada, bob);
    const group = await groupOf(ada, bob, cyd);
    const [adas, bobs] = [await connectWebSocket(engine, ada), await connectWebSocket(engine, bob)];
    await bobs.next("synced");
    sql.away = true;
    for (const conversationId of [direct, group]) {
      const sent = await adas.request("message:send", { conversationId, clientMsgId: newKey(), content: "hello" });
      expect(sent).toMatchObject({ ok: true, data: { content: "hello" } });
      const here = (data: { conversationId: string; kind: string }, kind: string) =>
        data.conversationId === conversationId && data.kind === kind;
      expect(await bobs.next("entry", (data) => here(data, "message"))).toMatchObject({ id: sent.data.id });
      expect(await adas.request("message:edit", { id: sent.data.id, content: "hello!" })).toMatchObject({ ok: true });
      expect(await bobs.next("entry", (data) => here(data, "edit"))).toMatchObject({ content: "hello!" });
      expect(await bobs.request("receipt:read", { conversationId, seq: sent.data.seq })).toMatchObject({ ok: true });
      await adas.next("receipt", (data) => data.conversationId === conversationId && data.deliveredSeq === sent.data.seq);
      expect(await contents(cyd, group)).toEqual(conversationId === group ? ["hello!"] : []);
    }
    const synced = await bobs.request("sync", {});
    expect(synced).toMatchObject({ ok: true, data: { more: false } });
    expect(synced.data.entries.map(({ kind }: { kind: string }) => kind)).toEqual(expect.arrayContaining(["message", "edit"]));
  }, 30_000);

  test("who connects with a token is let in, and has the backlog", async () => {
    const [ada, bob] = await people();
    const direct = await directBetween(ada, bob);
    sql.away = true;
    await say(ada, direct, "waiting for you");
    const bobs = await connectWebSocket(engine, bob);
    expect(await bobs.next("entry")).toMatchObject({ content: "waiting for you" });
    await bobs.next("synced");
  }, 30_000);

  test("a login fails clearly, and works again afterwards; so does what needs accounts", async () => {
    const [ada, bob] = await people();
    const group = await groupOf(ada);
    sql.away = true;
    const login = { login: ada.username, password: ada.password };
    expectProblem(await rest(engine, "POST", "/auth/login", { body: login }), 503, "UNAVAILABLE");
    expectProblem(await ada.call("GET", "/users/me"), 503, "UNAVAILABLE");
    expectProblem(await ada.call("POST", `/groups/${group}/members`, { userIds: [newKey()] }), 503, "UNAVAILABLE");
    expect((await fetch(`${engine.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${engine.url}/readyz`);
    expect({ status: ready.status, body: await ready.json() }).toMatchObject({
      status: 503,
      body: { errors: [{ path: "sql" }] },
    });
    sql.away = false;
    await signIn(engine, ada.username, ada.password);
    await directBetween(ada, bob);
  }, 30_000);

  test("conversations are listed, with the peers as last heard of", async () => {
    const [ada, bob, cyd] = await people();
    const direct = await directBetween(ada, bob);
    await groupOf(ada, bob, cyd);
    const { body: before } = await ada.call("GET", "/conversations");
    sql.away = true;
    const list = await ada.call("GET", "/conversations");
    expect(list.status).toBe(200);
    expect(list.body).toEqual(before);
    const one = await ada.call("GET", `/conversations/${direct}`);
    expect(one).toMatchObject({ status: 200, body: { peer: { id: bob.id, username: bob.username } } });
    expect(await bob.call("PATCH", `/conversations/${direct}`, { muted: true })).toMatchObject({
      status: 200,
      body: { muted: true },
    });
  }, 30_000);
});

describe("while the message store does not answer", () => {
  test("a message is UNAVAILABLE in about five seconds, and stored once when it is sent again", async () => {
    const [ada, bob] = await people();
    const direct = await directBetween(ada, bob);
    const [adas, bobs] = [await connectWebSocket(engine, ada), await connectWebSocket(engine, bob)];
    const send = (content: string, clientMsgId: string) =>
      adas.request("message:send", { conversationId: direct, clientMsgId, content });
    await send("before", newKey());
    writer.stick();
    const began = Date.now();
    const keys = Array.from({ length: 5 }, newKey);
    const answers = await Promise.all(keys.map((key, i) => send(`${i}`, key)));
    expect(Date.now() - began).toBeLessThan(BROKER_MS);
    expect(answers.map(({ ok, error }) => [ok, error?.code])).toEqual(keys.map(() => [false, "UNAVAILABLE"]));
    const ready = await fetch(`${engine.url}/readyz`);
    expect({ status: ready.status, body: await ready.json() }).toMatchObject({
      status: 503,
      body: { errors: [{ path: "messages" }] },
    });
    writer.heal();
    const again = await Promise.all(keys.map((key, i) => send(`${i}`, key)));
    expect(again.map(({ ok, data }) => [ok, data?.content])).toEqual(keys.map((_, i) => [true, `${i}`]));
    expect(new Set(again.map(({ data }) => data.seq)).size).toBe(5);
    expect((await contents(bob, direct)).toSorted()).toEqual(["0", "1", "2", "3", "4", "before"]);
    await bobs.next("entry", ({ seq }) => seq === 6);
    expect((await fetch(`${engine.url}/readyz`)).status).toBe(200);
  }, 30_000);

  test("a group that was asked for with an Idempotency-Key is one, though the first attempt had no answer", async () => {
    const ada = await signUp(engine);
    const key = { "idempotency-key": newKey() };
    const make = () => ada.call("POST", "/groups", { name: "Once" }, key);
    writer.stick();
    expectProblem(await make(), 503, "UNAVAILABLE");
    writer.heal();
    const made = await make();
    expect(made.status).toBe(201);
    const { items } = (await ada.call("GET", "/conversations")).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual([made.body.group.id]);
    expect((await ada.call("GET", `/conversations/${made.body.group.id}/entries`)).body).toMatchObject({ lastSeq: 1 });
  }, 30_000);
});
