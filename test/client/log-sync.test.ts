import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RequestError } from "../../client/connection/request-error.ts";
import { LogSync } from "../../client/log/log-sync.ts";
import { memoryStore } from "../../client/store.ts";
import type { Entry, MessageEntry } from "../../contracts/entry.ts";
import type { ClientInput, SyncAnswer } from "../../contracts/socket-events.ts";
import { ManualClock } from "../manual-clock.ts";

type SyncRequest = ClientInput<"sync">;

const message = (conversationId: string, seq: number): MessageEntry => ({
  conversationId,
  seq,
  id: `${conversationId}${seq}`,
  kind: "message",
  senderId: "u",
  createdAt: "2026-01-01T00:00:00.000Z",
  n: seq,
  type: "text",
  content: `${seq}`,
});

const empty: SyncAnswer = { entries: [], conversations: [], changes: [], resets: [], cursor: "", more: false };

/** What the server has and how far it knows this device to be; answers `sync` a few entries at a time. */
class Server {
  readonly logs = new Map<string, number>();
  readonly record = new Map<string, number>();
  readonly requests: SyncRequest[] = [];
  readonly acknowledged: { conversationId: string; seq: number }[] = [];
  failures = 0;

  append(id: string): MessageEntry {
    const seq = (this.logs.get(id) ?? 0) + 1;
    this.logs.set(id, seq);
    return message(id, seq);
  }

  heads(): Record<string, number> {
    return Object.fromEntries(this.logs);
  }

  backlog(): MessageEntry[] {
    return [...this.logs.keys()].flatMap((id) => this.#after(id, this.record.get(id) ?? 0));
  }

  async sync(request: SyncRequest): Promise<SyncAnswer> {
    if (this.failures-- > 0) throw new RequestError("UNAVAILABLE", "as scripted");
    this.requests.push(request);
    if (request.cursors) return this.#page(new Map(Object.entries(request.cursors)));
    if (request.cursor) for (const [id, seq] of Object.entries<number>(JSON.parse(request.cursor))) this.#know(id, seq);
    return this.#page(new Map([...this.logs.keys()].map((id) => [id, this.record.get(id) ?? 0])));
  }

  async acknowledge({ conversationId, seq }: { conversationId: string; seq: number }): Promise<object> {
    this.acknowledged.push({ conversationId, seq });
    this.#know(conversationId, seq);
    return {};
  }

  #page(cursors: Map<string, number>): SyncAnswer {
    const all = [...cursors].flatMap(([id, cursor]) => this.#after(id, cursor));
    const entries = all.slice(0, 3);
    const reached = Object.fromEntries(entries.map((e) => [e.conversationId, e.seq]));
    return { ...empty, entries, cursor: JSON.stringify(reached), more: all.length > entries.length };
  }

  #after(id: string, cursor: number): MessageEntry[] {
    return Array.from({ length: Math.max(0, (this.logs.get(id) ?? 0) - cursor) }, (_, i) => message(id, cursor + i + 1));
  }

  #know(id: string, seq: number): void {
    this.record.set(id, Math.max(seq, this.record.get(id) ?? 0));
  }
}

function setUp(server = new Server(), store = memoryStore()) {
  const clock = new ManualClock();
  const applied: Entry[] = [];
  let connection = 0;
  let connected = false;
  /** As a connection does it: what it has not answered when it ends, it never answers. */
  const answered = async <T>(ask: () => Promise<T>): Promise<T> => {
    const before = connection;
    const settled = connected ? await ask() : undefined;
    if (settled === undefined || before !== connection) throw new RequestError("DISCONNECTED", "cut");
    return settled;
  };
  const log = new LogSync({
    store,
    clock,
    sync: (request) => answered(() => server.sync(request)),
    acknowledge: (upTo) => answered(() => server.acknowledge(upTo)),
    onEntry: (entry) => applied.push(entry),
    onConversation: () => undefined,
    onChange: () => undefined,
    onReset: () => undefined,
  });
  const cut = () => {
    connection++;
    connected = false;
    log.disconnected();
  };
  const connect = () => {
    cut();
    connected = true;
    log.ready();
    for (const entry of server.backlog()) log.entry(entry);
    log.synced();
  };
  return { log, clock, server, store, applied, connect, cut };
}

const settled = async () => {
  for (let i = 0; i < 200; i++) await null;
};
const seqs = (entries: Entry[], id = "c") => entries.filter((e) => e.conversationId === id).map((e) => e.seq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe("a gap", () => {
  test("is fetched after a second, and not before", async () => {
    const { log, clock, server, applied, connect } = setUp();
    server.append("c");
    connect();
    await settled();
    server.requests.length = 0;
    server.append("c");
    log.entry(server.append("c"));
    clock.turn(999);
    await settled();
    expect(server.requests).toEqual([]);
    clock.turn(1);
    await settled();
    expect(server.requests).toEqual([{ cursors: { c: 1 } }]);
    expect(seqs(applied)).toEqual([1, 2, 3]);
  });

  test("is never acknowledged beyond", async () => {
    const { log, clock, server, connect } = setUp();
    connect();
    await settled();
    log.entry(server.append("c"));
    server.append("c");
    log.entry(server.append("c"));
    clock.turn(900);
    await settled();
    expect(server.acknowledged).toEqual([{ conversationId: "c", seq: 1 }]);
  });

  test("at the end of a log shows by the heads", async () => {
    const { log, server, applied, connect } = setUp();
    server.append("c");
    connect();
    await settled();
    for (let i = 0; i < 7; i++) server.append("c");
    log.heads(server.heads());
    await settled();
    expect(seqs(applied)).toEqual(upTo(8));
  });
});

test("what is stored is acknowledged once for many", async () => {
  const { log, clock, server, connect } = setUp();
  connect();
  await settled();
  for (let i = 0; i < 20; i++) log.entry(server.append("c"));
  clock.turn(200);
  await settled();
  expect(server.acknowledged).toEqual([{ conversationId: "c", seq: 20 }]);
});

test("a sync that fails is asked for again", async () => {
  const { clock, server, applied, connect } = setUp();
  connect();
  await settled();
  server.failures = 1;
  for (let i = 0; i < 5; i++) server.append("c");
  connect();
  await settled();
  clock.turn(1_000);
  await settled();
  expect(seqs(applied)).toEqual(upTo(5));
});

test("a head that nothing follows is asked about once", async () => {
  const { log, server, connect } = setUp();
  server.append("c");
  connect();
  await settled();
  server.requests.length = 0;
  for (let i = 0; i < 5; i++) log.heads({ c: 4, other: 9 });
  await settled();
  expect(server.requests.filter((r) => r.cursors)).toHaveLength(1);
  expect(server.requests.filter((r) => !r.cursors)).toHaveLength(1);
});

test("after a reset everything of the conversation comes again", async () => {
  const { log, server, applied, connect } = setUp();
  for (let i = 0; i < 4; i++) server.append("c");
  connect();
  await settled();
  applied.length = 0;
  log.reset({ conversationId: "c", epoch: 2, firstSeq: 2, lastSeq: 4 });
  await settled();
  expect(seqs(applied)).toEqual([2, 3, 4]);
});

type Step = { do: "append"; id: string; lost: boolean } | { do: "cut" | "connect" | "reload" | "heads" | "second" };

test("whatever is lost, repeated or cut off, each entry is given out once and in order, and all in the end", async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("append" as const), id: fc.constantFrom("a", "b"), lost: fc.boolean() }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom("cut" as const, "connect" as const, "reload" as const, "heads" as const, "second" as const),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: "max" }), async (steps) => {
      const server = new Server();
      let world = setUp(server);
      const applied: Entry[] = [];
      const reload = () => {
        world.cut();
        applied.push(...world.applied);
        world = setUp(server, world.store);
      };
      let connected = false;
      for (const [i, step] of steps.entries()) {
        if (step.do === "append") {
          const entry = server.append(step.id);
          if (connected && !step.lost) world.log.entry(entry);
        }
        if (step.do === "cut") world.cut();
        if (step.do === "connect") world.connect();
        if (step.do === "reload") reload();
        if (step.do === "heads" && connected) world.log.heads(server.heads());
        if (step.do === "second") world.clock.turn(1_000);
        if (step.do !== "append" && step.do !== "heads" && step.do !== "second") connected = step.do === "connect";
        if (i % 4 === 0) await settled();
      }
      world.connect();
      await settled();
      world.clock.turn(1_000);
      await settled();
      applied.push(...world.applied);
      for (const id of ["a", "b"]) {
        expect(seqs(applied, id)).toEqual(upTo(server.logs.get(id) ?? 0));
        expect(server.record.get(id) ?? 0).toBe(server.logs.get(id) ?? 0);
      }
    }),
    { numRuns: 200 },
  );
});
