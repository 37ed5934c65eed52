import { describe, expect, test } from "@jest/globals";
import { UnavailableError } from "../../contracts/errors.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import { message, messages, moved, noBacklog, Stage, Tape } from "./session-stage.ts";

const conversation = (id: string, firstSeq = 1) => ({ id, firstSeq }) as Conversation;

describe("on connect", () => {
  test("ready comes first, then what is new, then the backlog, then synced", async () => {
    const stage = new Stage({
      "offline.backlog": () => ({
        ...noBacklog,
        entries: [...messages(1, 2), message(5, "old")],
        conversations: [conversation("c"), conversation("muted")],
        resets: [{ conversationId: "r", epoch: 2, firstSeq: 1, lastSeq: 3 }],
        changes: [{ op: "contact", userId: "eve" }],
        more: true,
      }),
    });
    const { tape } = await stage.live("bob");
    expect(tape.events).toEqual([
      "ready",
      "conversation",
      "conversation",
      "reset",
      "change",
      "entry",
      "entry",
      "entry",
      "synced",
    ]);
    expect(tape.data("conversation")).toMatchObject([{ id: "c" }, { id: "muted" }]);
    expect(tape.data("synced")).toEqual([{ more: true }]);
  });

  test("a backlog in several parts is one, of a thousand entries at most", async () => {
    const parts = [messages(1, 600), messages(601, 1000)];
    const asked: unknown[] = [];
    const stage = new Stage({
      "offline.backlog": ({ limit, from }) => {
        asked.push({ limit, from });
        const entries = parts.shift() ?? [];
        return { ...noBacklog, entries, more: true, next: { positions: { c: entries.at(-1)?.seq ?? 0 }, changes: 3 } };
      },
    });
    const { tape } = await stage.live("bob");
    expect(asked).toEqual([{ limit: 1000 }, { limit: 400, from: { positions: { c: 600 }, changes: 3 } }]);
    expect(tape.seqs()).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(tape.data("synced")).toEqual([{ more: true }]);
  });

  test("live entries wait for the backlog, and come once, in order", async () => {
    let answer = () => {};
    const stage = new Stage({
      "offline.backlog": () =>
        new Promise((resolve) => {
          answer = () => resolve({ ...noBacklog, entries: messages(2, 4), heads: { c: 4 } });
        }),
    });
    const { tape } = stage.open("bob");
    await stage.until(() => stage.asked.some(({ name }) => name === "offline.backlog"));
    for (const seq of [3, 4, 5, 6]) stage.deliver(seq, ["bob"]);
    answer();
    await stage.until(() => tape.events.includes("synced"));
    stage.deliver(6, ["bob"]);
    stage.deliver(7, ["bob"]);
    expect(tape.seqs()).toEqual([2, 3, 4, 5, 6, 7]);
    expect(tape.events.indexOf("synced")).toBe(4);
  });

  test("what the session sent meanwhile does not hide what others sent before it", async () => {
    let answer = () => {};
    const stage = new Stage({
      "offline.backlog": () =>
        new Promise((resolve) => {
          answer = () => resolve(noBacklog);
        }),
    });
    const { session, tape } = stage.open("bob");
    await stage.until(() => stage.asked.some(({ name }) => name === "offline.backlog"));
    stage.deliver(1, ["bob"]);
    stage.deliver(2, ["bob"], { exceptSession: session.id });
    stage.deliver(3, ["bob"]);
    answer();
    await stage.until(() => tape.events.includes("synced"));
    expect(tape.seqs()).toEqual([1, 3]);
  });

  test("more live entries than can wait are left to sync", async () => {
    let answer = () => {};
    const stage = new Stage({
      "offline.backlog": () =>
        new Promise((resolve) => {
          answer = () => resolve(noBacklog);
        }),
    });
    const { tape } = stage.open("bob");
    await stage.until(() => stage.asked.some(({ name }) => name === "offline.backlog"));
    for (let seq = 1; seq <= 1500; seq++) stage.deliver(seq, ["bob"]);
    answer();
    await stage.until(() => tape.events.includes("synced"));
    expect(tape.data("synced")).toEqual([{ more: true }]);
    expect(tape.seqs()).toEqual(messages(1, 1000).map(({ seq }) => seq));
    stage.deliver(1501, ["bob"]);
    expect(tape.seqs().at(-1)).toBe(1501);
  });

  test("the backlog goes out as fast as the peer takes it", async () => {
    const entries = Array.from({ length: 40 }, (_, i) => message(i + 1, "c", "x".repeat(10_000)));
    const stage = new Stage({ "offline.backlog": () => ({ ...noBacklog, entries }) });
    const tape = new Tape();
    tape.takes = false;
    stage.open("bob", tape);
    await stage.until(() => tape.waiting.length > 0);
    expect(tape.seqs()).toHaveLength(7);
    tape.takes = true;
    tape.waiting[0]?.();
    await stage.until(() => tape.events.includes("synced"));
    expect(tape.seqs()).toHaveLength(40);
  });

  test("a backlog that cannot be read is more to sync, and live entries come", async () => {
    const stage = new Stage({
      "offline.backlog": () => {
        throw new UnavailableError();
      },
    });
    const { tape } = await stage.live("bob");
    stage.deliver(9, ["bob"]);
    expect(tape.data("synced")).toEqual([{ more: true }]);
    expect(tape.seqs()).toEqual([9]);
  });

  test("the route is told before the backlog is read", async () => {
    const stage = new Stage();
    stage.open("ada");
    stage.open("bob");
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.names("route.changed")).toMatchObject([{ fromVersion: 0, ops: [{ op: "bind", userId: "ada" }] }]);
    expect(stage.asked.filter(({ name }) => name === "offline.backlog")).toMatchObject([
      { params: { viewer: { userId: "ada" } } },
    ]);
    stage.clock.turn(20);
    await stage.until(() => stage.asked.filter(({ name }) => name === "offline.backlog").length === 2);
    expect(stage.names("route.changed")[1]).toMatchObject({ fromVersion: 1, ops: [{ op: "bind", userId: "bob" }] });
  });
});

describe("one second later", () => {
  test("what did not come live is filled, and its late frames are dropped", async () => {
    const stage = new Stage({
      "offline.backlog": () => ({ ...noBacklog, heads: { c: 2 } }),
      "conversations.changes": () => moved({ c: 4 }),
      "conversations.entries": ({ after }) => {
        stage.deliver(4, ["bob"]);
        return { items: messages(after + 1, 4), lastSeq: 4, epoch: 1 };
      },
    });
    const { tape } = await stage.live("bob");
    await stage.turn(1500);
    expect(tape.seqs()).toEqual([3, 4]);
    stage.deliver(5, ["bob"]);
    expect(tape.seqs()).toEqual([3, 4, 5]);
  });

  test("what changed for the user meanwhile is told, as its signal may have passed the session by", async () => {
    const stage = new Stage({
      "offline.backlog": () => ({ ...noBacklog, changeSeq: 7 }),
      "conversations.changes": ({ after }) => ({
        ...moved({}),
        conversations: [conversation("muted")],
        changes: [{ op: "hidden", conversationId: "c", id: "m", seq: after }],
      }),
    });
    const { tape } = await stage.live("bob");
    await stage.turn(1500);
    expect(tape.events).toEqual(["ready", "synced", "conversation", "change"]);
    expect(tape.data("change")).toEqual([{ op: "hidden", conversationId: "c", id: "m", seq: 7 }]);
  });

  test("nothing is read if everything came, and only what moved since the backlog was looked at, by clocks far apart", async () => {
    let since = 0;
    const stage = new Stage({
      "offline.backlog": () => {
        since = stage.clock.now() - 600_000;
        return { ...noBacklog, heads: { c: 2 }, changeSeq: 7 };
      },
      "conversations.changes": () => moved({ c: 3 }),
    });
    const { tape } = await stage.live("bob");
    stage.deliver(3, ["bob"]);
    await stage.turn(1500);
    expect(stage.asked.slice(1)).toMatchObject([{ name: "conversations.changes", params: { after: 7, since } }]);
    expect(tape.seqs()).toEqual([3]);
  });

  test("what is on its way is waited for, so that nobody is sent its own message back", async () => {
    const stage = new Stage({
      "offline.backlog": () => ({ ...noBacklog, heads: { c: 2 } }),
      "conversations.changes": () => {
        stage.clock.after(100, () => stage.deliver(3, ["bob"], { exceptSession: session.id }));
        return moved({ c: 3 });
      },
      "conversations.entries": ({ after }) => ({ items: messages(after + 1, 3), lastSeq: 3, epoch: 1 }),
    });
    const { session, tape } = await stage.live("bob");
    await stage.turn(2000);
    expect(tape.seqs()).toEqual([]);
  });

  test("a conversation that began meanwhile is told before its entries", async () => {
    const stage = new Stage({
      "conversations.changes": () => moved({ c: 1 }),
      "conversations.get": () => conversation("c"),
      "conversations.entries": () => ({ items: messages(1, 1), lastSeq: 1, epoch: 1 }),
    });
    const { tape } = await stage.live("bob");
    await stage.turn(1500);
    expect(tape.events).toEqual(["ready", "synced", "conversation", "entry"]);
  });

  test("what is too much to send unasked is told by heads", async () => {
    const stage = new Stage({
      "offline.backlog": () => ({ ...noBacklog, heads: { c: 1 } }),
      "conversations.changes": () => moved({ c: 1000 }),
      "conversations.entries": ({ after, limit }) => ({ items: messages(after + 1, after + limit), lastSeq: 1000, epoch: 1 }),
    });
    const { tape } = await stage.live("bob");
    await stage.turn(1500);
    expect(tape.seqs()).toHaveLength(200);
    expect(tape.data("heads")).toEqual([{ c: 1000 }]);
  });
});

describe("as time goes by", () => {
  test("heads name what moved within the last two heartbeats, and come even when nothing did", async () => {
    const stage = new Stage();
    const { session, tape } = await stage.live("bob");
    const beat = () => {
      session.heard();
      return stage.turn(25_000);
    };
    stage.deliver(7, ["bob"]);
    for (let i = 0; i < 4; i++) await beat();
    expect(tape.data("heads")).toEqual([{ c: 7 }, { c: 7 }, {}, {}]);
    expect(tape.pings).toBe(4);
  });

  test("a peer that says nothing for a minute is closed, one that does is not", async () => {
    const stage = new Stage();
    const { tape: silent } = await stage.live("ada");
    const { session, tape } = await stage.live("bob");
    for (let i = 0; i < 7; i++) {
      await stage.turn(10_000);
      session.heard();
    }
    expect([silent.closedWith, tape.closedWith]).toEqual(["silent", undefined]);
    expect(stage.names("session.closed")).toMatchObject([{ userId: "ada" }]);
    expect(stage.sessions.routes().routes).toEqual([{ userId: "bob", deviceId: "bob-phone" }]);
  });

  test("a jump of the wall clock silences nobody", async () => {
    const stage = new Stage();
    const { tape } = await stage.live("bob");
    const { now } = stage.clock;
    stage.clock.now = () => now.call(stage.clock) - 3_600_000;
    await stage.turn(1000);
    stage.clock.now = now;
    await stage.turn(1000);
    expect(tape.closedWith).toBeUndefined();
  });

  test("a token's end is announced a minute before, and ends the session", async () => {
    const stage = new Stage();
    const { session, tape } = stage.open("bob", new Tape(), 100_000);
    const rest = async (ms: number) => {
      for (let left = ms; left > 0; left -= 10_000) {
        session.heard();
        await stage.turn(Math.min(left, 10_000));
      }
    };
    await rest(39_500);
    expect(tape.data("session")).toEqual([]);
    await rest(1000);
    expect(tape.data("session")).toEqual([{ op: "expiring" }]);
    await rest(59_000);
    expect(tape.closedWith).toBeUndefined();
    await rest(1000);
    expect(tape.closedWith).toBe("expired");
  });

  test("a fresh token takes its place, and is announced in its turn", async () => {
    const stage = new Stage();
    const { session, tape } = stage.open("bob", new Tape(), 30_000);
    await stage.turn(1000);
    expect(tape.data("session")).toEqual([{ op: "expiring" }]);
    expect(await session.receive("auth:refresh", { token: "bob" })).toEqual({ ok: true, data: { expiresIn: 900 } });
    for (let i = 0; i < 84; i++) {
      session.heard();
      await stage.turn(10_000);
    }
    expect([tape.data("session").length, tape.closedWith]).toEqual([2, undefined]);
  });
});
