import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Document } from "mongodb";
import { UnavailableError } from "../../contracts/errors.ts";
import { type Commit, CommitRefused, CommitUnknown } from "../../stores/message-log.ts";
import { openMongoStore } from "../../stores/message-store.mongo.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import type { MongoLimits } from "../../stores/mongo/limits.ts";
import { until } from "../cluster-node.ts";
import { seqs, startConversation, type TestConversation } from "../contract/test-conversation.ts";
import { ManualClock } from "../manual-clock.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startMongo } from "../servers/mongo.ts";
import type { TestServer } from "../servers/test-server.ts";
import { befalling, type InsertFault, isEntryInsert } from "./mongo-faults.ts";
import { MongoProxy } from "./mongo-proxy.ts";

const all = { after: 0, limit: 100 };
/** Small, so that what waits for them is soon over, yet long enough for what is well on a machine with much else to do. */
const limits = {
  timeMs: 3000,
  serverMs: 1000,
  primaryMs: 2800,
  connectionMs: 2800,
  socketMs: 1500,
  failures: 3,
} satisfies Partial<MongoLimits>;

describeWith("mongo")("the message store on MongoDB, when the server or the way to it fails", () => {
  let server: TestServer;
  let proxy: MongoProxy;
  let store: MessageStore;
  const others: MessageStore[] = [];
  beforeAll(async () => {
    server = await startMongo({ indexed: true });
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    proxy = await MongoProxy.start(server.url);
    store = await openMongoStore(proxy.url, { limits });
  });
  afterEach(async () => {
    proxy.intercept = undefined;
    server.resume();
    for (const { participation, log } of [store, ...others.splice(0)]) {
      await participation.close();
      await log.close();
    }
    await proxy.close();
  });

  const isUp = () =>
    store.log.ping().then(
      () => true,
      () => false,
    );
  const stored = async (c: TestConversation) => seqs(await store.log.entries(c.id, all));
  const befall = (fault: InsertFault) => {
    proxy.intercept = befalling(() => fault);
  };
  const appendUnder = async (fault: InsertFault, commit: Commit) => {
    befall(fault);
    await store.log.append(commit).finally(() => {
      proxy.intercept = undefined;
    });
  };

  test.each<[InsertFault, number, number[]]>([
    ["notWritablePrimary", 3, []],
    ["writeConcernError", 3, [1, 2, 3]],
    ["writeConcernError", 1, [1]],
    ["rolledBack", 3, []],
    ["lostBefore", 3, []],
    ["lostAfter", 3, [1, 2, 3]],
    ["slow", 2, [1, 2]],
    ["partial", 4, [1, 2]],
    ["partialLost", 4, [1, 2]],
  ])("%s leaves the outcome of %i entries unknown, and the log with %j", async (fault, count, expected) => {
    const c = await startConversation(store.log);
    await expect(appendUnder(fault, c.commit(c.messages(count)))).rejects.toThrow(CommitUnknown);
    expect(await stored(c)).toEqual(expected);
  });

  test("an insert whose first entry is refused is refused whole", async () => {
    const c = await startConversation(store.log);
    await expect(appendUnder("partial", c.commit(c.messages(1)))).rejects.toThrow(CommitRefused);
    expect(await stored(c)).toEqual([]);
  });

  test("commits that are cut short by what is stored already are no failures of the server's", async () => {
    const c = await startConversation(store.log);
    await store.log.append(c.commit([c.message({ clientMsgId: "x" })]));
    for (let i = 0; i < limits.failures; i++) {
      const cut = c.commit([c.message(), c.message({ clientMsgId: "x" }), c.message()]);
      await expect(store.log.append(cut)).rejects.toMatchObject({ name: "CommitCut", kept: 1 });
      c.seq -= 2;
    }
    await expect(store.log.append(c.commit(c.messages(1)))).resolves.toBeUndefined();
  });

  test("what is unknown is not there twice when it is appended again, and what came first stays", async () => {
    const c = await startConversation(store.log);
    const commit = c.commit([c.message({ clientMsgId: "x" })]);
    await expect(appendUnder("lostAfter", commit)).rejects.toThrow(CommitUnknown);
    await expect(store.log.append(commit)).rejects.toThrow(CommitRefused);
    expect(await store.log.entries(c.id, all)).toEqual(commit.entries);
  });

  test("entries that are stored while the rows behind them are not: the outcome is unknown, the log whole", async () => {
    const c = await startConversation(store.log);
    proxy.intercept = async (command, forward) => (command.update === "participants" ? null : forward(command));
    const commit = c.commit(c.messages(2), { members: [c.member("ann", { asOf: 2 })], record: c.record({ snapSeq: 2 }) });
    await expect(store.log.append(commit)).rejects.toThrow(CommitUnknown);
    proxy.intercept = undefined;
    expect(await store.log.load(c.id)).toMatchObject({ record: { snapSeq: 0 }, members: [], last: { seq: 2 } });
  });

  test("an emptying that is cut short leaves no message that says it is deleted and has its text", async () => {
    const c = await startConversation(store.log);
    const message = c.message({ content: "secret" });
    await store.log.append(c.commit([message]));
    proxy.intercept = async (command, forward) => {
      if (command.update !== "entries") return forward(command);
      await forward({ ...command, updates: command.updates.slice(0, 1) });
      return null;
    };
    const emptying = c.commit([], { blank: { seqs: [1], deletedAt: c.at(9) } });
    await expect(store.log.append(emptying)).rejects.toThrow(CommitUnknown);
    proxy.intercept = undefined;
    const [half] = await store.log.entries(c.id, all);
    expect(half?.entry).toMatchObject({ content: "" });
    expect(half?.entry).not.toHaveProperty("deletedAt");
    await store.log.append(emptying);
    expect(await store.log.entries(c.id, all)).toMatchObject([{ entry: { content: "", deletedAt: c.at(9) } }]);
  });

  test("a group whose first entry did not arrive is not there, and can be made", async () => {
    const c = await startConversation(store.log);
    const made = { ...c.record({ snapSeq: 1, snapN: 0, version: 1 }), conversationId: `group-${c.id}` };
    const entry = c.entry({ kind: "member", op: "create", userIds: ["ann"] });
    entry.entry.conversationId = made.conversationId;
    const member = { ...c.member("ann"), conversationId: made.conversationId };
    const founding: Commit = { conversationId: made.conversationId, entries: [entry], record: made, members: [member] };
    await expect(appendUnder("lostBefore", founding)).rejects.toThrow(CommitUnknown);
    expect(await store.log.load(made.conversationId)).toBeNull();
    expect(await store.log.memberships("ann")).toEqual([]);
    await store.log.append(founding);
    expect(await store.log.load(made.conversationId)).toMatchObject({ record: made, last: { seq: 1 } });
    expect(await store.log.memberships("ann")).toHaveLength(1);
  });

  test("commits of different conversations share a command, and one that is refused leaves the others alone", async () => {
    const conversations = await Promise.all(Array.from({ length: 30 }, () => startConversation(store.log, { messages: 1 })));
    const shared: number[] = [];
    proxy.intercept = (command, forward) => {
      if (isEntryInsert(command)) shared.push(command.documents.length);
      return forward(command);
    };
    const results = await Promise.allSettled(
      conversations.map((c, i) => store.log.append(c.commit([i < 2 ? c.message({ seq: 2, id: "twin" }) : c.message()]))),
    );
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
    expect(Math.max(...shared)).toBeGreaterThan(5);
    expect(shared.reduce((a, b) => a + b)).toBe(30);
  });

  test("while an insert is under way others gather, and are not kept by one that takes long", async () => {
    const clock = new ManualClock();
    const own = await openMongoStore(proxy.url, { limits, clock });
    others.push(own);
    const conversations = await Promise.all(Array.from({ length: 10 }, () => startConversation(own.log, { messages: 1 })));
    const next = () => conversations.map((c) => c.commit([c.message()]));
    // Where these logs end is known from then on, so that nothing is read before what comes next.
    await Promise.all(next().map((commit) => own.log.append(commit)));
    const [first, ...rest] = next();
    const sizes: number[] = [];
    const held = new Promise<(() => void) | undefined>((begun) => {
      proxy.intercept = async (command, forward) => {
        if (!isEntryInsert(command)) return forward(command);
        if (sizes.push(command.documents.length) === 1) await new Promise<void>((release) => begun(release));
        return forward(command);
      };
    });
    const slow = own.log.append(first as Commit);
    const release = await held;
    const behind = Promise.all(rest.map((commit) => own.log.append(commit)));
    await nextTurn();
    clock.turn(20);
    await behind;
    expect(sizes).toEqual([1, 9]);
    release?.();
    await slow;
  });

  /** Reads the memberships of so many users at once; their conversations, or what went wrong. */
  const memberships = (own: MessageStore, users: string[]) =>
    Promise.allSettled(users.map(async (user) => (await own.log.memberships(user)).map(({ member }) => member.conversationId)));
  const isAboutUsers = ({ find, filter }: Document) => find === "participants" && filter.userId !== undefined;

  test("reads of many users share commands, and one that fails fails for those who share it alone", async () => {
    const users = Array.from({ length: 250 }, (_, i) => `reader ${i}`);
    const some = users.filter((_, i) => i % 10 === 0);
    const conversations = await Promise.all(some.map((user) => startConversation(store.log, { members: [user] })));
    const expected = users.map((_, i) => ({ status: "fulfilled", value: i % 10 === 0 ? [conversations[i / 10]?.id] : [] }));
    const shared: number[] = [];
    const allAsked = Promise.withResolvers<void>();
    proxy.intercept = async (command, forward) => {
      // What is read once more behind the ends of logs comes when everybody was asked about once.
      if (command.aggregate === "entries") await allAsked.promise;
      if (!isAboutUsers(command)) return forward(command);
      shared.push(command.filter.userId.$in.length);
      if (shared.length === 3) allAsked.resolve();
      return shared.length === 2 ? { ok: 0, code: 1, errmsg: "failed" } : forward(command);
    };
    const own = await openMongoStore(proxy.url, { limits: { ...limits, failures: 1000 } });
    others.push(own);
    const first = await memberships(own, users);
    expect(shared.slice(0, 3)).toEqual([100, 100, 50]);
    const failed = first.map(({ status }) => status === "rejected");
    expect(failed.filter(Boolean)).toHaveLength(100);
    expect(first.filter((_, i) => !failed[i])).toEqual(expected.filter((_, i) => !failed[i]));
    expect(await memberships(own, users)).toEqual(expected);
  });

  test.each([
    ["a membership", async (own: MessageStore, id: string) => own.log.member(id, "goer")],
    ["all of them", async (own: MessageStore) => (await own.log.memberships("goer"))[0]],
    ["the list", async (own: MessageStore) => (await own.log.latest("goer", 1))[0]?.membership],
  ])("who goes while %s is read is not taken for a member of what follows", async (_, read) => {
    const c = await startConversation(store.log, { messages: 1, members: ["goer"] });
    let hasGone = false;
    proxy.intercept = async (command, forward) => {
      if (command.aggregate === "entries" && !hasGone) {
        hasGone = true;
        const leave = c.entry({ kind: "member", op: "leave", userIds: ["goer"] });
        const gone = c.member("goer", { intervals: [{ from: 1, to: leave.entry.seq }], asOf: leave.entry.seq });
        await store.log.append(c.commit([leave], { members: [gone] }));
        await store.log.append(c.commit([c.message()]));
      }
      return forward(command);
    };
    const own = await openMongoStore(proxy.url, { limits });
    others.push(own);
    expect(await read(own, c.id)).toMatchObject({ lastSeq: 3, member: { intervals: [{ from: 1, to: 2 }] } });
  });

  test("a read that takes long is not waited for by others of its kind", async () => {
    const c = await startConversation(store.log, { members: ["quick"] });
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    proxy.intercept = async (command, forward) => {
      if (isAboutUsers(command) && command.filter.userId.$in.includes("slow")) {
        begun.resolve();
        await held.promise;
      }
      return forward(command);
    };
    const slow = memberships(store, ["slow"]);
    await begun.promise;
    expect(await memberships(store, ["quick"])).toEqual([{ status: "fulfilled", value: [c.id] }]);
    held.resolve();
    expect(await slow).toEqual([{ status: "fulfilled", value: [] }]);
  });

  test("reads that the driver waits for without end keep others of their kind waiting no longer than a call may", async () => {
    const clock = new ManualClock();
    const c = await startConversation(store.log, { members: ["waiting"] });
    const own = await openMongoStore(proxy.url, { limits: { ...limits, socketMs: 0, reads: 1 }, clock });
    others.push(own);
    const swallowed = new Promise<void>((resolve) => {
      proxy.intercept = async (command, forward) => (isAboutUsers(command) ? new Promise(() => resolve()) : forward(command));
    });
    const lost = memberships(own, ["waiting"]);
    await swallowed;
    proxy.intercept = undefined;
    clock.turn(limits.timeMs - 500);
    const behind = memberships(own, ["waiting"]);
    clock.turn(500);
    expect(await lost).toMatchObject([{ status: "rejected" }]);
    expect(await behind).toEqual([{ status: "fulfilled", value: [c.id] }]);
    clock.turn(30_000);
  });

  test("a cursor whose times were stored as a list is read as any other", async () => {
    const steps = [{ seq: 3, at: "2026-01-01T00:00:00.000Z" }];
    const seqs = { deliveredSeq: 3, readSeq: 3, readN: 2 };
    const cursor = { conversationId: "chat", userId: "ann", ...seqs, deliveredSteps: steps, readSteps: steps };
    proxy.intercept = (command, forward) => {
      for (const { u } of command.update === "participants" ? command.updates : []) {
        for (const kind of ["delivered", "read"]) u.$max[kind].steps = JSON.parse(u.$max[kind].steps);
      }
      return forward(command);
    };
    store.participation.advanceUsers([cursor]);
    expect(await store.participation.cursorsOf("chat")).toEqual([cursor]);
  });

  test("cursors are written a few at a time, so that entries come between", async () => {
    const sizes: number[] = [];
    proxy.intercept = (command, forward) => {
      if (command.update === "deviceCursors") sizes.push(command.updates.length);
      return forward(command);
    };
    const devices = Array.from({ length: 60 }, (_, i) => ({ deviceId: `phone ${i}`, conversationId: "chat", seq: i + 1 }));
    store.participation.advanceDevices(devices);
    await store.participation.flush();
    expect(sizes).toEqual([25, 25, 10]);
    expect(await store.participation.deviceCursors("phone 59")).toEqual(new Map([["chat", 60]]));
  });

  test("every command asks for most servers, on disk, within a time", async () => {
    const writes: object[] = [];
    const reads: unknown[] = [];
    proxy.intercept = (command, forward) => {
      if (command.insert || command.update || command.delete)
        writes.push({ ...command.writeConcern, maxTimeMS: command.maxTimeMS });
      if (command.find || command.aggregate) reads.push(command.maxTimeMS);
      return forward(command);
    };
    const c = await startConversation(store.log, { messages: 2, members: ["ann"] });
    store.participation.advanceDevices([{ deviceId: "phone", conversationId: c.id, seq: 1 }]);
    await store.participation.flush();
    await store.participation.setSettings("ann", c.id, { muted: true });
    await store.participation.hide("ann", { conversationId: c.id, seq: 1 });
    await store.participation.record("ann", { op: "reset", conversationId: c.id });
    await store.log.load(c.id);
    await store.log.memberships("ann");
    await store.log.ping();
    expect(new Set(writes.map((write) => JSON.stringify(write)))).toEqual(
      new Set([JSON.stringify({ w: "majority", j: true, wtimeout: limits.serverMs, maxTimeMS: limits.serverMs })]),
    );
    expect(writes.length).toBeGreaterThan(8);
    expect(new Set(reads)).toEqual(new Set([limits.serverMs]));
  });

  test("a server that says nothing: each call ends in time, then at once, and all is well when it speaks again", async () => {
    const c = await startConversation(store.log, { messages: 1 });
    server.pause();
    for (let call = 0; call < 3; call++) await expect(store.log.heads([c.id])).rejects.toThrow(UnavailableError);
    const before = performance.now();
    await expect(store.log.append(c.commit([c.message()]))).rejects.toThrow(UnavailableError);
    expect(performance.now() - before).toBeLessThan(limits.socketMs);
    server.resume();
    await until(isUp);
    await store.log.append(c.commit([c.message({ seq: 2 })]));
    expect(await stored(c)).toEqual([1, 2]);
  });

  test("a connection that the driver waits for without end is not waited for: another client takes over", async () => {
    const clock = new ManualClock();
    const c = await startConversation(store.log, { messages: 1 });
    const own = await openMongoStore(proxy.url, { limits: { ...limits, connections: 1, socketMs: 0 }, clock });
    others.push(own);
    const swallowed = new Promise<void>((resolve) => {
      proxy.intercept = () => new Promise(() => resolve());
    });
    const lost = expect(own.log.heads([c.id])).rejects.toThrow(UnavailableError);
    await swallowed;
    proxy.intercept = undefined;
    const behind = expect(own.log.heads([c.id])).rejects.toThrow(UnavailableError);
    clock.turn(limits.timeMs);
    await Promise.all([lost, behind]);
    clock.turn(30_000);
    expect(await own.log.heads([c.id])).toMatchObject([{ lastSeq: 1 }]);
  });
});
