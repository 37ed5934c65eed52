import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { placement } from "../../mixins/placement.ts";
import { until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";

const clock = new ManualClock();
const conversationIds = Array.from({ length: 300 }, (_, i) => `conversation-${i}`);

/** A node whose conversations, if it has them, answer where they ran; `answer` replaces that. */
async function start(nodeID: string, { offers = true, answer = (): unknown => nodeID } = {}): Promise<ServiceBroker> {
  const node = new ServiceBroker({ nodeID, logger: false, transporter: "Fake", middlewares: [placement(clock)] });
  if (offers) node.createService({ name: "conversations", actions: { append: answer, list: () => nodeID } });
  await node.start();
  return node;
}

async function know(count: number, nodes: ServiceBroker[]): Promise<void> {
  const offering = (node: ServiceBroker) => node.registry.getActionEndpoints("conversations.append")?.endpoints.length;
  for (const node of nodes) await until(() => offering(node) === count);
}

const ownersFor = (node: ServiceBroker) =>
  Promise.all(conversationIds.map((conversationId) => node.call("conversations.append", { conversationId })));

describe("in a cluster, calls of an actor's action", () => {
  let nodes: ServiceBroker[];
  let a: ServiceBroker;
  let owners: unknown[];

  beforeAll(async () => {
    nodes = await Promise.all([start("a"), start("b"), start("c"), start("edge", { offers: false })]);
    a = nodes[0] as ServiceBroker;
    await know(3, nodes);
    owners = await ownersFor(a);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });

  test("run on the same node whoever calls, whether they offer it or not, spread over all that do", async () => {
    for (const node of nodes) expect(await ownersFor(node)).toEqual(owners);
    expect(new Set(owners)).toEqual(new Set(["a", "b", "c"]));
  });

  test("go to the node they name", async () => {
    const named = conversationIds.map((conversationId) => a.call("conversations.append", { conversationId }, { nodeID: "b" }));
    expect(new Set(await Promise.all(named))).toEqual(new Set(["b"]));
  });

  test("leave other actions to the broker, which prefers its own", async () => {
    for (const conversationId of conversationIds) expect(await a.call("conversations.list", { conversationId })).toBe("a");
  });

  test("move to a node that joins, only to that one, and back when it stops", async () => {
    const d = await start("d");
    await know(4, [...nodes, d]);
    const shared = await ownersFor(a);
    for (const node of [...nodes, d]) expect(await ownersFor(node)).toEqual(shared);
    expect(new Set(shared.filter((owner, i) => owner !== owners[i]))).toEqual(new Set(["d"]));
    await d.stop();
    await know(3, nodes);
    for (const node of nodes) expect(await ownersFor(node)).toEqual(owners);
  });
});

describe("calls of an actor's action", () => {
  test("pass over an owner that let a call time out, for five seconds", async () => {
    const hanging = Promise.withResolvers<void>();
    const [a, mute] = [await start("a"), await start("mute", { answer: () => hanging.promise })];
    await know(2, [a]);
    const ask = (conversationId: string) => a.call("conversations.append", { conversationId }, { timeout: 20 });
    const outcomes = await Promise.allSettled(conversationIds.map(ask));
    const muted = conversationIds.filter((_, i) => outcomes[i]?.status === "rejected");
    expect(muted.length).toBeGreaterThan(50);
    expect(new Set(await Promise.all(muted.map(ask)))).toEqual(new Set(["a"]));
    clock.turn(5000);
    await expect(ask(muted[0] as string)).rejects.toThrow("timed out");
    hanging.resolve();
    await Promise.all([a.stop(), mute.stop()]);
  });

  test("fail clearly when nobody offers it", async () => {
    const edge = await start("edge", { offers: false });
    await expect(edge.call("conversations.append", { conversationId: "x" })).rejects.toThrow("not found");
    await edge.stop();
  });
});
