import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Returns } from "../../contracts/caller.ts";
import type { MessageEntry } from "../../contracts/entry.ts";
import { ChatError } from "../../contracts/errors.ts";
import type { FanoutItem, FanoutSignal } from "../../contracts/services/fanout.ts";
import type { DeliverFrame } from "../../contracts/services/routing.ts";
import { acquainted, type ClusterNode, type Stubs, startNode, until } from "../cluster-node.ts";

let nodes: ClusterNode[];

beforeEach(() => {
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
  readonly stubs: Stubs = {
    "gateway.deliver": ({ frames }) => {
      this.calls.push(frames);
      return this.answer(frames);
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
  const hear = ["fanout.unreachable"] as const;
  const node = await startNode({ services: [...services], stubs: gateway.stubs, hear: [...hear], alone });
  nodes.push(node);
  return node;
}

function bind(node: ClusterNode, ...userIds: string[]): void {
  const ops = userIds.map((userId) => ({ op: "bind" as const, userId, deviceId: "phone" }));
  node.caller.broadcast("route.changed", { nodeID: node.nodeID, fromVersion: 0, ops });
}

const publish = (node: ClusterNode, ...items: FanoutItem[]) => node.caller.call("fanout.publish", { items });
const unreachable = (node: ClusterNode) => node.heard.map(({ payload }) => payload);

function entry(seq: number, recipients: string[], content = "hello"): FanoutItem & { entry: MessageEntry } {
  const rest = { conversationId: "chat", id: `m${seq}`, senderId: "ada", createdAt: "2026-01-01T00:00:00.000Z", n: seq };
  return { type: "entry", entry: { ...rest, seq, kind: "message", type: "text", content }, recipients };
}

function typing(userId: string, recipients: string[]): FanoutSignal {
  return { type: "signal", event: "typing", data: { conversationId: "chat", userId, state: "start" }, recipients };
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
    expect(unreachable(node)).toEqual([]);
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

  test("gathers for the next call while one is under way, and keeps the order", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    const release = gateway.hold();
    await publish(node, entry(1, ["bob"]));
    await until(() => gateway.calls.length === 1);
    for (let seq = 2; seq <= 50; seq++) await publish(node, entry(seq, ["bob"]));
    expect(gateway.calls.length).toBe(1);
    release();
    await until(() => gateway.frames.length === 50);
    expect(gateway.calls.map(({ length }) => length)).toEqual([1, 49]);
    expect(seqsOf(gateway.frames)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(await node.metric("switchboard_fanout_deliveries_total")).toBe(50);
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

describe("who is not there", () => {
  test("is told for entries, all of one at once, without the sender; signals are forgotten", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    await publish(node, typing("ada", ["bob", "cyd"]), entry(7, ["ada", "bob", "cyd", "dan"]));
    await until(() => gateway.frames.length === 2);
    expect(unreachable(node)).toEqual([{ conversationId: "chat", seq: 7, kind: "message", userIds: ["cyd", "dan"] }]);
    expect(gateway.frames.map(({ to }) => to)).toEqual([["bob"], ["bob"]]);
  });

  test("includes those whose gateway did not take the frame", async () => {
    const gateway = new Gateway();
    const node = await start(gateway, { alone: true });
    bind(node, "bob");
    gateway.answer = () => ({ accepted: 1 });
    await publish(node, entry(1, ["bob"]), entry(2, ["bob"]), typing("ada", ["bob"]));
    await until(() => unreachable(node).length > 0);
    gateway.answer = () => Promise.reject(new Error("broken"));
    await publish(node, entry(3, ["bob"]));
    await until(() => unreachable(node).length > 1);
    expect(unreachable(node)).toEqual([2, 3].map((seq) => ({ conversationId: "chat", seq, kind: "message", userIds: ["bob"] })));
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
    await until(() => unreachable(node).length > 0);
    broken = false;
    await publish(node, entry(2, ["bob"]));
    await until(() => gateway.calls.length === 2);
    expect(seqsOf(gateway.frames)).toEqual([1, 2]);
    expect(unreachable(node).length).toBe(1);
  });
});

describe("over several nodes", () => {
  test("each gateway gets one call; one that is held up does not hold up the other", async () => {
    const [here, there] = [new Gateway(), new Gateway()];
    const node = await start(here);
    const other = await start(there, { fanout: false });
    await acquainted(node, other);
    bind(node, "ada");
    bind(other, "bob");
    await until(async () => (await node.caller.call("router.resolve", { userIds: ["bob"] })).unreachable.length === 0);
    const release = there.hold();
    await publish(node, entry(1, ["ada", "bob"]));
    await until(() => here.calls.length === 1 && there.calls.length === 1);
    await publish(node, entry(2, ["ada", "bob"]), entry(3, ["ada", "bob"]));
    await until(() => here.frames.length === 3);
    expect(there.calls.length).toBe(1);
    release();
    await until(() => there.frames.length === 3);
    expect(there.frames.map(({ to, at }) => [to, at?.seq])).toEqual([1, 2, 3].map((seq) => [["bob"], seq]));
    expect(here.frames.map(({ json }) => json)).toEqual(there.frames.map(({ json }) => json));
  });

  test("a gateway that goes while frames are on their way leaves them unreachable", async () => {
    const [here, there] = [new Gateway(), new Gateway()];
    const node = await start(here);
    const other = await start(there, { fanout: false });
    await acquainted(node, other);
    bind(other, "bob");
    await until(async () => (await node.caller.call("router.resolve", { userIds: ["bob"] })).unreachable.length === 0);
    const release = there.hold();
    await publish(node, entry(1, ["bob"]));
    await until(() => there.calls.length === 1);
    await other.stop();
    nodes = [node];
    await until(() => unreachable(node).length > 0);
    await publish(node, entry(2, ["bob"]));
    await until(() => unreachable(node).length > 1);
    expect(unreachable(node)).toMatchObject([{ seq: 1 }, { seq: 2 }]);
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
