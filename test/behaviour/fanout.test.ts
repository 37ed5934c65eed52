import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Params, Returns } from "../../contracts/caller.ts";
import type { MemberEntry, MessageEntry } from "../../contracts/entry.ts";
import { ChatError } from "../../contracts/errors.ts";
import type { FanoutEntry, FanoutItem, FanoutSignal } from "../../contracts/services/fanout.ts";
import type { DeliverFrame, MissedHead } from "../../contracts/services/routing.ts";
import { acquainted, type ClusterNode, type Stubs, startNode, until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";

let nodes: ClusterNode[];
let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) await node.stop();
});

/** A gateway that writes down what it is told to deliver, call by call, and can be held up. */
class Gateway {
  readonly calls: DeliverFrame[][] = [];
  answer: (frames: DeliverFrame[]) => { accepted: number } | Promise<{ accepted: number }> = ({ length }) => ({
    accepted: length,
  });
  /** What it was told that it has missed, and acknowledged. */
  readonly missed: MissedHead[] = [];
  /** How often it was told so. */
  tells = 0;
  /** Who was told of as not there. */
  readonly notes: Params<"offline.note">[] = [];
  readonly stubs: Stubs = {
    "gateway.deliver": ({ frames }) => {
      this.calls.push(frames);
      return this.answer(frames);
    },
    "gateway.missed": async ({ heads }) => {
      this.tells++;
      await this.answer([]);
      this.missed.push(...heads);
    },
  };

  get frames(): DeliverFrame[] {
    return this.calls.flat();
  }

  /** The next calls wait until the function that this returns is called. */
  hold(): () => void {
    const released = Promise.withResolvers<void>();
    this.answer = ({ length }) => released.promise.then(() => ({ accepted: length }));
    return released.resolve;
  }
}

async function start(gateway: Gateway, { fanout = true, alone = false } = {}): Promise<ClusterNode> {
  const services = fanout ? (["router", "fanout"] as const) : (["router"] as const);
  const stubs: Stubs = { ...gateway.stubs, ...(fanout && { "offline.note": (note) => void gateway.notes.push(note) }) };
  const node = await startNode({ services: [...services], stubs, clock, alone });
  nodes.push(node);
  return node;
}

function bind(node: ClusterNode, ...userIds: string[]): void {
  const ops = userIds.map((userId) => ({ op: "bind" as const, userId, deviceId: "phone" }));
  node.caller.broadcast("route.changed", { nodeID: node.nodeID, fromVersion: 0, ops });
}

const publish = (node: ClusterNode, ...items: FanoutItem[]) => node.caller.call("fanout.publish", { items });

function entry(seq: number, recipients: string[], content = "hello"): FanoutEntry & { entry: MessageEntry } {
  const rest = { conversationId: "chat", id: `m${seq}`, senderId: "ada", createdAt: "2026-01-01T00:00:00.000Z", n: seq };
  return { type: "entry", entry: { ...rest, seq, kind: "message", type: "text", content }, recipients };
}

function typing(userId: string, recipients: string[]): FanoutSignal {
  return { type: "signal", event: "typing", data: { conversationId: "chat", userId, state: "start" }, recipients };
}

/** Two nodes; bob is on the one that does not publish. */
async function apart(): Promise<{ here: Gateway; there: Gateway; node: ClusterNode; other: ClusterNode }> {
  const [here, there] = [new Gateway(), new Gateway()];
  const node = await start(here);
  const other = await start(there, { fanout: false });
  await acquainted(node, other);
  bind(other, "bob");
  await until(async () => (await node.caller.call("router.resolve", { userIds: ["bob"] })).unreachable.length === 0);
  return { here, there, node, other };
}

const seqsOf = (frames: DeliverFrame[]) => frames.map(({ at }) => at?.seq);

describe("publishing", () => {
  test("delivers an entry to the gateway of its recipients, as text, with its place in the conversation", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "ada", "bob");
    const item = entry(1, ["ada", "bob"]);
    await publish(node, { ...item, exceptSession: "s1" });
    await until(() => gateway.calls.length > 0);
    expect(gateway.frames).toEqual([
      {
        event: "entry",
        json: JSON.stringify(item.entry),
        to: ["ada", "bob"],
        exceptSession: "s1",
        at: { conversationId: "chat", seq: 1 },
      },
    ]);
    expect(gateway.notes).toEqual([]);
  });

  test("is flushed when the gateways have acknowledged all that was published before", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    const release = gateway.hold();
    await publish(node, entry(1, ["bob"]));
    let flushed = false;
    const flush = node.caller.call("fanout.flush", {}).then(() => (flushed = true));
    await until(() => gateway.calls.length > 0);
    await publish(node, entry(2, ["bob"]));
    await until(() => gateway.calls.length === 2);
    expect(flushed).toBe(false);
    release();
    await flush;
    expect(seqsOf(gateway.frames)).toEqual([1, 2]);
  });

  test("passes on to whom a signal goes and to whom it does not", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    await publish(node, { ...typing("ada", ["bob"]), exceptSession: "s1", exceptDevice: "d1", onlySession: "s2" });
    await until(() => gateway.calls.length > 0);
    expect(gateway.frames).toMatchObject([
      { event: "typing", to: ["bob"], exceptSession: "s1", exceptDevice: "d1", onlySession: "s2" },
    ]);
  });

  test("puts what is published in one turn into one call, in order", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    await Promise.all([1, 2, 3].map((seq) => publish(node, entry(seq, ["bob"]), typing("ada", ["bob"]))));
    await until(() => gateway.frames.length === 6);
    expect(gateway.calls.length).toBe(1);
    expect(seqsOf(gateway.frames)).toEqual([1, undefined, 2, undefined, 3, undefined]);
  });

  test("sends on while little is unacknowledged, then gathers for the next call, and keeps the order", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    const release = gateway.hold();
    const seqs = Array.from({ length: 150 }, (_, i) => i + 1);
    for (const seq of seqs) {
      await publish(node, entry(seq, ["bob"]));
      await until(() => gateway.frames.length === Math.min(seq, 64));
    }
    expect(gateway.calls.map(({ length }) => length)).toEqual(seqs.slice(0, 64).map(() => 1));
    release();
    await until(() => gateway.frames.length === 150);
    expect(gateway.calls.slice(64).map(({ length }) => length)).toEqual([86]);
    expect(seqsOf(gateway.frames)).toEqual(seqs);
    await node.caller.call("fanout.flush", {});
    expect(await node.metric("switchboard_fanout_deliveries_total")).toBe(150);
  });

  test("splits what would be too long for one call", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    const content = "x".repeat(16_000);
    await publish(node, ...Array.from({ length: 100 }, (_, i) => entry(i + 1, ["bob"], content)));
    await until(() => gateway.frames.length === 100);
    for (const frames of gateway.calls) expect(JSON.stringify(frames).length).toBeLessThan(300_000);
    expect(seqsOf(gateway.frames)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });
});

describe("a large group", () => {
  const crowd = Array.from({ length: 300 }, (_, i) => `user${i}`);

  test("is not listed: the gateway is told its version, and whom the entry removed", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "user1", "user2", "gone");
    const group = { version: 9, before: 4 };
    const { type: _type, content: _content, ...rest } = entry(9, []).entry;
    const removal: MemberEntry = { ...rest, kind: "member", op: "remove", userIds: ["gone"] };
    await publish(node, { type: "entry", entry: removal, recipients: [...crowd, "gone"], group });
    await publish(node, { ...entry(10, crowd), group: { version: 9 } });
    await publish(node, { ...entry(11, crowd.slice(0, 255)), group: { version: 9 } });
    await until(() => gateway.frames.length === 3);
    expect(gateway.frames.map(({ to, members }) => ({ to, members }))).toEqual([
      { to: ["gone"], members: group },
      { to: [], members: { version: 9 } },
      { to: ["user1", "user2"], members: undefined },
    ]);
    expect(gateway.notes.map(({ userIds }) => userIds.length)).toEqual([298, 253]);
  });

  test("gets signals in parts", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    const all = Array.from({ length: 12_000 }, (_, i) => `user${i}`);
    bind(node, ...all);
    await publish(node, typing("ada", all));
    await until(() => gateway.frames.length === 3);
    expect(gateway.frames.flatMap(({ to }) => to)).toEqual(all);
  });
});

describe("who is not there", () => {
  test("is told for messages, all of one at once, without the sender; the rest is forgotten", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    const reaction = { ...entry(6, ["bob", "cyd"]).entry, kind: "reaction", target: "m1", emoji: "+", op: "add" } as const;
    await publish(node, { type: "entry", entry: reaction, recipients: ["bob", "cyd"] });
    await publish(node, typing("ada", ["bob", "cyd"]), entry(7, ["ada", "bob", "cyd", "dan"]));
    await until(() => gateway.frames.length === 3);
    expect(gateway.notes).toEqual([{ conversationId: "chat", seq: 7, userIds: ["cyd", "dan"] }]);
    expect(gateway.frames.map(({ to }) => to)).toEqual([["bob"], ["bob"], ["bob"]]);
  });

  test("includes those whose gateway did not take the frame", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    gateway.answer = () => ({ accepted: 1 });
    await publish(node, entry(1, ["bob"]), entry(2, ["bob"]), typing("ada", ["bob"]));
    await until(() => gateway.notes.length > 0);
    gateway.answer = () => Promise.reject(new Error("broken"));
    await publish(node, entry(3, ["bob"]));
    await until(() => gateway.notes.length > 1);
    expect(gateway.notes).toEqual([2, 3].map((seq) => ({ conversationId: "chat", seq, userIds: ["bob"] })));
    expect(await node.metric("switchboard_fanout_undelivered_total")).toBe(3);
  });

  test("does not stop what comes after", async () => {
    const gateway = new Gateway();
    let broken = true;
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    gateway.answer = ({ length }) => {
      if (broken) throw new Error("broken");
      return { accepted: length };
    };
    await publish(node, entry(1, ["bob"]));
    await until(() => gateway.notes.length > 0);
    broken = false;
    await publish(node, entry(2, ["bob"]));
    clock.turn(250);
    await until(() => gateway.calls.length === 2);
    expect(seqsOf(gateway.frames)).toEqual([1, 2]);
    expect(gateway.notes.length).toBe(1);
  });
});

describe("over several nodes", () => {
  test("each gateway gets one call; one that is held up does not hold up the other", async () => {
    const { here, there, node } = await apart();
    bind(node, "ada");
    const release = there.hold();
    await publish(node, entry(1, ["ada", "bob"]));
    await until(() => here.calls.length === 1 && there.calls.length === 1);
    await publish(node, entry(2, ["ada", "bob"]), entry(3, ["ada", "bob"]));
    await until(() => here.frames.length === 3);
    release();
    await until(() => there.frames.length === 3);
    expect(there.frames.map(({ to, at }) => [to, at?.seq])).toEqual([1, 2, 3].map((seq) => [["bob"], seq]));
    expect(here.frames.map(({ json }) => json)).toEqual(there.frames.map(({ json }) => json));
  });

  test("a gateway that goes while frames are on their way leaves them unreachable", async () => {
    const { here, there, node, other } = await apart();
    const release = there.hold();
    await publish(node, entry(1, ["bob"]));
    await until(() => there.calls.length === 1);
    await other.stop();
    nodes = [node];
    await until(() => here.notes.length > 0);
    await publish(node, entry(2, ["bob"]));
    await until(() => here.notes.length > 1);
    expect(here.notes).toMatchObject([{ seq: 1 }, { seq: 2 }]);
    release();
  });

  test("a queue that is full answers OVERLOADED, also to a caller on another node", async () => {
    const routed = Promise.withResolvers<Returns<"router.resolve">>();
    let asked = 0;
    const held: Stubs = {
      "router.resolve": () => {
        asked++;
        return routed.promise;
      },
    };
    const node = await startNode({ services: ["fanout"], stubs: held });
    const caller = await startNode({ services: [] });
    nodes.push(node, caller);
    await acquainted(node, caller);
    await publish(node, typing("ada", ["bob"]));
    await until(() => asked === 1);
    await publish(node, ...Array.from({ length: 10_000 }, () => typing("ada", ["bob"])));
    const params = { items: [typing("ada", ["bob"])] };
    for (const from of [node, caller]) {
      const failure = await from.caller.call("fanout.publish", params, { nodeID: node.nodeID }).catch((error) => error);
      expect(failure).toBeInstanceOf(ChatError);
      expect(failure).toMatchObject({ code: "OVERLOADED", status: 503, retryable: true });
    }
    routed.resolve({ nodes: {}, away: {}, unreachable: [], isolated: false });
    await until(() => asked === 10_001);
  });
});

describe("what a gateway did not acknowledge", () => {
  const head = (seq: number, conversationId = "chat", to = ["bob"]) => ({ conversationId, seq, to });

  test("is told it as the last place of each conversation, until it acknowledges that, and before what comes next", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    gateway.answer = () => Promise.reject(new Error("broken"));
    const elsewhere = { ...entry(9, []).entry, conversationId: "else" };
    await publish(node, entry(1, ["bob"]), entry(2, ["bob"]), { type: "entry", entry: elsewhere, recipients: ["bob"] });
    await until(() => gateway.notes.length === 3);
    await publish(node, entry(3, ["bob"]), typing("ada", ["bob"]));
    await until(() => {
      clock.turn(2000);
      return gateway.tells > 5;
    });
    expect([gateway.calls.length, gateway.missed]).toEqual([1, []]);
    gateway.answer = ({ length }) => {
      if (length > 0) expect(gateway.missed).toEqual([head(2), head(9, "else")]);
      return { accepted: length };
    };
    clock.turn(2000);
    await until(() => gateway.calls.length === 2);
    expect(gateway.calls[1]).toMatchObject([{ at: { seq: 3 } }, { event: "typing" }]);
    clock.turn(10_000);
    expect(gateway.missed).toHaveLength(2);
  });

  test("waits for one that vanished to come back, and those it was for are told of at once", async () => {
    const { here, there, node, other } = await apart();
    node.broker.broadcastLocal("$node.disconnected", { node: { id: other.nodeID }, unexpected: true });
    await publish(node, entry(1, ["bob"]), entry(2, ["bob"]));
    await until(() => here.notes.length === 2);
    expect(there.calls).toEqual([]);
    node.broker.broadcastLocal("$node.connected", { node: { id: other.nodeID } });
    await until(() => there.missed.length > 0);
    expect([there.missed, there.calls]).toEqual([[head(2)], []]);
    await publish(node, entry(3, ["bob"]));
    await until(() => seqsOf(there.frames).includes(3));
  });

  test("is forgotten with one that said goodbye, or stays away", async () => {
    for (const unexpected of [false, true]) {
      const { here, there, node, other } = await apart();
      node.broker.broadcastLocal("$node.disconnected", { node: { id: other.nodeID }, unexpected: true });
      await publish(node, entry(1, ["bob"]));
      await until(() => here.notes.length === 1);
      if (unexpected) clock.turn(300_000);
      else node.broker.broadcastLocal("$node.disconnected", { node: { id: other.nodeID }, unexpected });
      node.broker.broadcastLocal("$node.connected", { node: { id: other.nodeID } });
      bind(node, "ada");
      await publish(node, entry(2, ["ada"]));
      await until(() => here.frames.length === 1);
      expect(there.missed).toEqual([]);
      await node.stop();
      await other.stop();
      nodes = [];
    }
  });

  test("is nobody's absence while this node is cut off: those who are still missing afterwards are told of", async () => {
    const { here, node } = await apart();
    node.broker.broadcastLocal("$transporter.disconnected", { graceFul: false });
    await publish(node, entry(1, ["bob", "cyd"]));
    for (let i = 0; i < 10; i++) {
      clock.turn(1000);
      await node.caller.call("router.stats", {});
    }
    expect(here.notes).toEqual([]);
    node.broker.broadcastLocal("$transporter.connected", { wasReconnect: true });
    clock.turn(2000);
    await until(() => here.notes.length > 0);
    expect(here.notes).toEqual([{ conversationId: "chat", seq: 1, userIds: ["cyd"] }]);
  });
});
