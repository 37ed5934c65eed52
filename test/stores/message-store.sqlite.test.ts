import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { OverloadedError, UnavailableError } from "../../contracts/errors.ts";
import { CommitUnknown } from "../../stores/message-log.ts";
import { type MessageStoreOptions, openMessageStore } from "../../stores/message-store.sqlite.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { spawnWriter } from "../../stores/sqlite/writer-thread.ts";
import { seqs, startConversation } from "../contract/test-conversation.ts";
import { ManualClock } from "../manual-clock.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const all = { after: 0, limit: 1000 };
let folder: TemporaryFolder;
let clock: ManualClock;
let workers: Worker[];
/** How many writes each transaction had. */
let batches: number[];
const opened: MessageStore[] = [];

beforeEach(() => {
  folder = new TemporaryFolder();
  clock = new ManualClock();
  workers = [];
  batches = [];
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.log.close();
  folder.remove();
});

async function open(options: MessageStoreOptions = {}): Promise<MessageStore> {
  const store = await openMessageStore(folder.file, { clock, spawn: observedWriter, ...options });
  opened.push(store);
  return store;
}

function observedWriter(file: string): Worker {
  const worker = spawnWriter(file);
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (order: unknown) => {
    if (Array.isArray(order)) batches.push(order.length);
    post(order);
  };
  workers.push(worker);
  return worker;
}

/** Another program that holds the file's write lock, so that the writer has to wait. */
function holdWriteLock(): { release(): void } {
  const other = new DatabaseSync(folder.file);
  other.exec("BEGIN IMMEDIATE");
  return { release: () => other.close() };
}

describe("the file", () => {
  test("is made by the first open, and keeps everything for the next", async () => {
    const { log, participation } = await open();
    const c = await startConversation(log, { messages: 3, members: ["ann"] });
    const before = await log.load(c.id);
    participation.advanceDevices([{ deviceId: "phone", conversationId: c.id, seq: 2 }]);
    await participation.close();
    await log.close();
    const again = await open();
    expect(await again.log.load(c.id)).toEqual(before);
    expect(await again.participation.deviceCursors("phone")).toEqual(new Map([[c.id, 2]]));
  });

  test("is for one at a time", async () => {
    const { log } = await open();
    await expect(openMessageStore(folder.file)).rejects.toThrow(`${folder.file} is in use`);
    await log.close();
    await expect(open()).resolves.toBeDefined();
  });

  test("of a newer version is refused, and is not locked by that", async () => {
    await (await open()).log.close();
    const db = new DatabaseSync(folder.file);
    db.exec("PRAGMA user_version = 99");
    await expect(open()).rejects.toThrow("newer version (99)");
    db.exec("PRAGMA user_version = 6");
    db.close();
    await expect(open()).resolves.toBeDefined();
  });
});

describe("a writer that does not start", () => {
  test("fails the opening, and leaves the file to the next", async () => {
    const spawn = () => new Worker("throw new Error('no disk')", { eval: true });
    await expect(open({ spawn })).rejects.toThrow("did not start");
    await expect(open()).resolves.toBeDefined();
  });
});

describe("group commit", () => {
  test("sends together what comes in one turn, and gathers what comes during a transaction for the next", async () => {
    const { log } = await open();
    const conversations = await Promise.all(Array.from({ length: 50 }, () => startConversation(log)));
    batches = [];
    const appended = (c: (typeof conversations)[number]) => log.append(c.commit(c.messages(1)));
    const first = conversations.slice(0, 20).map(appended);
    await nextTurn();
    await Promise.all([...first, ...conversations.slice(20).map(appended)]);
    expect(batches).toEqual([20, 30]);
    await log.ping();
    expect(batches).toEqual([20, 30, 1]);
  });

  test("bounds a transaction", async () => {
    const { log } = await open({ limits: { batch: 4 } });
    batches = [];
    await Promise.all(Array.from({ length: 10 }, () => startConversation(log)));
    expect(batches).toEqual([4, 4, 2]);
  });

  test("writes cursors behind within a second, the furthest of many moves in one write", async () => {
    const { log, participation } = await open();
    const c = await startConversation(log);
    batches = [];
    for (let seq = 1; seq <= 100; seq++) participation.advanceDevices([{ deviceId: "phone", conversationId: c.id, seq }]);
    clock.turn(999);
    expect(batches).toEqual([]);
    clock.turn(1);
    await nextTurn();
    expect(batches).toEqual([1]);
    await log.ping();
    const db = new DatabaseSync(folder.file, { readOnly: true });
    expect(db.prepare("SELECT device, seq FROM device_cursors").all()).toEqual([{ device: "phone", seq: 100 }]);
    db.close();
  });

  test("answers OVERLOADED at once when too many wait, or too much", async () => {
    const { log } = await open({ limits: { items: 2, bytes: 10_000 } });
    const c = await startConversation(log);
    const lock = holdWriteLock();
    const large = (seq: number) => log.append(c.commit([c.message({ seq, content: "x".repeat(6000) })]));
    const taken = large(1);
    await nextTurn();
    await expect(large(2)).rejects.toThrow(OverloadedError);
    const waiting = [log.ping(), log.ping()];
    await expect(log.ping()).rejects.toThrow(OverloadedError);
    lock.release();
    await Promise.all([taken, ...waiting]);
    for (const seq of [2, 3]) await expect(large(seq)).resolves.toBeUndefined();
  });
});

describe("a writer that does not answer in time", () => {
  test("leaves the outcome unknown of what it got; what it did not get will not happen", async () => {
    const { log } = await open({ limits: { timeMs: 1000 } });
    const [c, d] = [await startConversation(log), await startConversation(log)];
    const lock = holdWriteLock();
    const got = log.append(c.commit(c.messages(1)));
    await nextTurn();
    const waiting = log.append(d.commit(d.messages(1)));
    clock.turn(1000);
    await expect(got).rejects.toThrow(CommitUnknown);
    await expect(waiting).rejects.toThrow(UnavailableError);
    expect(seqs(await log.entries(c.id, all))).toEqual([]);

    lock.release();
    await log.ping();
    expect(seqs(await log.entries(c.id, all))).toEqual([1]);
    expect(seqs(await log.entries(d.id, all))).toEqual([]);
  });

  test("lets no other commit in before the one that is unknown", async () => {
    const { log } = await open({ limits: { timeMs: 1000 } });
    const c = await startConversation(log);
    const lock = holdWriteLock();
    const unknown = log.append(c.commit([c.message({ seq: 1, content: "unknown" })]));
    await nextTurn();
    clock.turn(1000);
    await expect(unknown).rejects.toThrow(CommitUnknown);
    const again = log.append(c.commit([c.message({ seq: 1, content: "again" })]));
    lock.release();
    await expect(again).rejects.toThrow("seq");
    expect(await log.entries(c.id, all)).toMatchObject([{ entry: { content: "unknown" } }]);
  });

  test("is ended by close all the same", async () => {
    const { log } = await open({ limits: { timeMs: 1000 } });
    const c = await startConversation(log);
    const lock = holdWriteLock();
    const last = log.append(c.commit(c.messages(1)));
    await nextTurn();
    const closed = log.close();
    clock.turn(1000);
    await expect(last).rejects.toThrow(CommitUnknown);
    lock.release();
    await closed;
  });
});

describe("a writer that dies", () => {
  test("leaves unknown what it had, fails what comes meanwhile, and is started again", async () => {
    const { log, participation } = await open();
    const [c, d] = [await startConversation(log), await startConversation(log)];
    const lock = holdWriteLock();
    const had = log.append(c.commit(c.messages(1)));
    await nextTurn();
    const waiting = log.append(d.commit(d.messages(1)));
    const died = Promise.allSettled([had, waiting]);
    const terminated = workers[0]?.terminate();
    lock.release();
    await terminated;
    const [first, second] = await died;
    expect(first).toMatchObject({ status: "rejected", reason: expect.any(CommitUnknown) });
    expect(second).toMatchObject({ status: "rejected", reason: expect.any(UnavailableError) });
    await expect(log.ping()).rejects.toThrow(UnavailableError);
    await expect(log.append(d.commit([d.message({ seq: 1 })]))).rejects.toThrow(UnavailableError);
    participation.advanceDevices([{ deviceId: "phone", conversationId: c.id, seq: 1 }]);
    await expect(participation.flush()).rejects.toThrow(UnavailableError);
    expect(await log.load(d.id)).toMatchObject({ tail: [] });

    clock.turn(1000);
    await log.ping();
    await log.append(d.commit([d.message({ seq: 1 })]));
    expect(seqs(await log.entries(d.id, all))).toEqual([1]);
    expect(await participation.deviceCursors("phone")).toEqual(new Map([[c.id, 1]]));
  });

  test("stays dead when the store is closed meanwhile", async () => {
    const { log } = await open();
    await workers[0]?.terminate();
    await log.close();
    clock.turn(10_000);
    expect(workers).toHaveLength(1);
    await expect(open()).resolves.toBeDefined();
  });
});
