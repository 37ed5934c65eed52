import { afterEach, describe, expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { placement } from "../../mixins/placement.ts";
import { until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";

const clock = new ManualClock();
const conversationIds = Array.from({ length: 300 }, (_, i) => `conversation-${i}`);
let nodes: ServiceBroker[] = [];

afterEach(async () => {
  for (const node of nodes) await node.stop();
  nodes = [];
});

/** A node whose conversations answer where they ran; `answer` replaces that. */
async function start(nodeID: string, answer: () => unknown = () => nodeID, services = ["conversations"]): Promise<ServiceBroker> {
  const node = new ServiceBroker({ nodeID, logger: false, middlewares: [placement(clock)], transporter: "Fake" });
  for (const name of services) node.createService({ name, actions: { append: answer, list: () => nodeID } });
  nodes.push(node);
  await node.start();
  return node;
}

const knows = (node: ServiceBroker, count: number) => () =>
  node.registry.getActionEndpoints("conversations.append")?.endpoints.length === count;

async function cluster(...nodeIDs: string[]): Promise<ServiceBroker[]> {
  const started = await Promise.all(nodeIDs.map((nodeID) => start(nodeID)));
  for (const node of started) await until(knows(node, nodeIDs.length));
  return started;
}

const ownersFor = (node: ServiceBroker) =>
  Promise.all(conversationIds.map((conversationId) => node.call("conversations.append", { conversationId })));

describe("calls of an actor's action", () => {
  test("run on the same node whoever calls, spread over all nodes", async () => {
    const [a, b, c] = await cluster("a", "b", "c");
    const owners = await ownersFor(a as ServiceBroker);
    expect(await ownersFor(b as ServiceBroker)).toEqual(owners);
    expect(await ownersFor(c as ServiceBroker)).toEqual(owners);
    expect(new Set(owners)).toEqual(new Set(["a", "b", "c"]));
  });

  test("move from a node that stops, and only from that one", async () => {
    const [a, b, c] = await cluster("a", "b", "c");
    const before = await ownersFor(a as ServiceBroker);
    await c?.stop();
    nodes = nodes.filter((node) => node !== c);
    for (const node of [a, b]) await until(knows(node as ServiceBroker, 2));
    const after = await ownersFor(a as ServiceBroker);
    expect(await ownersFor(b as ServiceBroker)).toEqual(after);
    expect(after).not.toContain("c");
    expect(after.filter((owner, i) => before[i] !== "c" && owner !== before[i])).toEqual([]);
  });

  test("move to a node that joins, and only to that one", async () => {
    const [a] = await cluster("a", "b");
    const before = await ownersFor(a as ServiceBroker);
    await start("c");
    await until(knows(a as ServiceBroker, 3));
    const after = await ownersFor(a as ServiceBroker);
    expect(new Set(after.filter((owner, i) => owner !== before[i]))).toEqual(new Set(["c"]));
  });

  test("come from nodes that do not offer it, too", async () => {
    const [a] = await cluster("a", "b");
    const edge = await start("edge", undefined, []);
    await until(knows(edge, 2));
    expect(await ownersFor(edge)).toEqual(await ownersFor(a as ServiceBroker));
  });

  test("go to the node they name", async () => {
    const [a] = await cluster("a", "b");
    const named = conversationIds.map((conversationId) => a?.call("conversations.append", { conversationId }, { nodeID: "b" }));
    expect(new Set(await Promise.all(named))).toEqual(new Set(["b"]));
  });

  test("leave other actions to the broker, which prefers its own", async () => {
    const [a] = await cluster("a", "b");
    expect(await a?.call("conversations.list", { conversationId: "x" })).toBe("a");
  });

  test("pass over an owner that let a call time out, for five seconds", async () => {
    const a = await start("a");
    await start("mute", () => new Promise(() => {}));
    await until(knows(a, 2));
    const ask = (conversationId: string) => a.call("conversations.append", { conversationId }, { timeout: 20 });
    const outcomes = await Promise.allSettled(conversationIds.map(ask));
    const muted = conversationIds.filter((_, i) => outcomes[i]?.status === "rejected");
    expect(muted.length).toBeGreaterThan(50);
    expect(new Set(await Promise.all(muted.map(ask)))).toEqual(new Set(["a"]));
    clock.turn(5000);
    await expect(ask(muted[0] as string)).rejects.toThrow("timed out");
  });

  test("fail clearly when nobody offers it", async () => {
    const edge = await start("edge", undefined, []);
    await expect(edge.call("conversations.append", { conversationId: "x" })).rejects.toThrow("not found");
  });
});
