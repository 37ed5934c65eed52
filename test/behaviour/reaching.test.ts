import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type ServiceName, serviceNames } from "../../config.ts";
import { limits } from "../../contracts/limits.ts";
import { acquainted, until } from "../cluster-node.ts";
import { directBetween, groupOf, newKey, type Person, signUp } from "../protocol/people.ts";
import { connectWebSocket, online, type Wire } from "../protocol/sockets.ts";
import { Cluster, type EngineNode } from "../two-nodes.ts";

const near: ServiceName[] = ["router", "fanout"];
const core: ServiceName[] = serviceNames.filter((name) => name !== "gateway");

let cluster: Cluster;
/** Where conversations live, and two gateways. */
let owner: EngineNode;
let a: EngineNode;
let b: EngineNode;

beforeAll(async () => {
  cluster = new Cluster({ HEARTBEAT_MS: "60000", PRESENCE_GRACE_MS: "50", FRAME_BYTES: "1048576", GROUP_MEMBERS: "10001" });
  owner = await cluster.start("core", core);
  a = await cluster.start("a", ["gateway", ...near]);
  b = await cluster.start("b", ["gateway", ...near]);
}, 60_000);
afterAll(() => cluster.stop(), 60_000);
afterEach(() => {
  for (const node of [owner, a, b]) node.loses.clear();
});

async function at(node: EngineNode): Promise<{ person: Person; wire: Wire }> {
  const person = await signUp(node);
  return { person, wire: await online(connectWebSocket, node, person) };
}

/** Who is past the second look after connecting: from now on nothing but the node of the sender brings entries. */
async function settled(node: EngineNode): Promise<{ person: Person; wire: Wire }> {
  const one = await at(node);
  const began = Date.now();
  await until(() => Date.now() - began > 1500);
  return one;
}

/** From now on nobody hears of who comes to `b`, nor can ask. */
function hideRoutes(): void {
  for (const part of ["route.changed", "route.digest"]) b.loses.add(part);
  owner.loses.add("gateway.routes");
}

const send = (wire: Wire, conversationId: string, content: string) =>
  wire.request("message:send", { clientMsgId: newKey(), conversationId, content });
const texts = (wire: Wire, id: string) => wire.entries(id).map(({ content }) => content);
const heads = (wire: Wire) => wire.received.filter(({ event }) => event === "heads").map(({ data }) => data);
const knowsOf = (node: EngineNode, person: Person) => async () =>
  (await node.caller.call("router.resolve", { userIds: [person.id] })).unreachable.length === 0;

describe("a gateway that does not hear, or is not heard", () => {
  test("gets what it missed when it hears again: in order, once, before what is new", async () => {
    const [ada, bob] = [await at(a), await settled(b)];
    const id = await directBetween(ada.person, bob.person);
    await send(ada.wire, id, "0");
    await bob.wire.next("entry", ({ content }) => content === "0");
    owner.loses.add("gateway.deliver");
    for (const i of [1, 2, 3]) await send(ada.wire, id, `${i}`);
    await until(async () => (await owner.metric("switchboard_fanout_undelivered_total")) > 0);
    owner.loses.clear();
    await send(ada.wire, id, "4");
    await bob.wire.next("entry", ({ content }) => content === "4");
    expect(texts(bob.wire, id)).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("is told at once of a conversation it does not remember: the client syncs", async () => {
    const [ada, bob] = [await at(a), await settled(b)];
    const id = await directBetween(ada.person, bob.person);
    owner.loses.add("gateway.deliver");
    const { data } = await send(ada.wire, id, "first");
    await bob.wire.next("heads", (told) => told[id] === data.seq);
    const answer = await bob.wire.request("sync", { cursors: { [id]: 0 } });
    expect(answer.data.entries).toMatchObject([{ content: "first" }]);
  });

  test("does not hear twice what it took, though the answer got lost", async () => {
    const [ada, bob] = [await at(a), await settled(b)];
    const id = await directBetween(ada.person, bob.person);
    b.loses.add('"accepted"');
    const before = await owner.metric("switchboard_fanout_undelivered_total");
    for (const i of [1, 2, 3]) await send(ada.wire, id, `${i}`);
    await until(async () => (await owner.metric("switchboard_fanout_undelivered_total")) > before);
    b.loses.clear();
    await send(ada.wire, id, "4");
    await bob.wire.next("entry", ({ content }) => content === "4");
    expect(texts(bob.wire, id)).toEqual(["1", "2", "3", "4"]);
  });
});

describe("somebody of whom the sender's node does not know yet", () => {
  test("gets what was said meanwhile by the second look, a second after connecting", async () => {
    const [ada, bob] = [await at(a), await signUp(b)];
    const id = await directBetween(ada.person, bob);
    hideRoutes();
    const wire = await online(connectWebSocket, b, bob);
    await send(ada.wire, id, "too early");
    await wire.next("entry", ({ content }) => content === "too early");
    expect(await knowsOf(owner, bob)()).toBe(false);
  });

  test("hears of it when a route that got lost is known at last, long after the second look", async () => {
    const ada = await at(a);
    const bob = await signUp(b);
    const id = await directBetween(ada.person, bob);
    hideRoutes();
    const wire = await online(connectWebSocket, b, bob);
    const began = Date.now();
    await until(() => Date.now() - began > 1500);
    const { data } = await send(ada.wire, id, "unheard");
    expect([await knowsOf(owner, bob)(), wire.entries(id)]).toEqual([false, []]);
    for (const node of [owner, b]) node.loses.clear();
    await wire.next("heads", (told) => told[id] === data.seq);
    expect(await knowsOf(owner, bob)()).toBe(true);
  }, 20_000);
});

describe("a node that was cut off", () => {
  test("has its people told where their conversations end when it is back, and nobody was said to have left", async () => {
    const [ada, bob] = [await at(a), await settled(b)];
    await ada.wire.request("presence:watch", { userIds: [bob.person.id] });
    const id = await directBetween(ada.person, bob.person);
    const others = [owner, a];
    b.connected = false;
    b.broker.broadcastLocal("$transporter.disconnected", { graceFul: false });
    for (const { broker } of others) broker.registry.nodes.disconnected(b.nodeID, true);
    for (const { nodeID } of others) b.broker.registry.nodes.disconnected(nodeID, true);
    const { data } = await send(ada.wire, id, "unheard");
    // It has to look for itself: nobody tells it what it missed.
    for (const node of others) for (const action of ["missed", "lookAgain"]) node.loses.add(`"action":"gateway.${action}"`);
    b.connected = true;
    for (const { broker } of [b, ...others]) await broker.transit?.discoverer.discoverAllNodes();
    await acquainted(owner, a, b);
    b.broker.broadcastLocal("$transporter.connected", { wasReconnect: true });
    await bob.wire.next("heads", (told) => told[id] === data.seq);
    expect(ada.wire.received.filter(({ event }) => event === "presence")).toEqual([]);
    for (const node of others) node.loses.clear();
    await send(ada.wire, id, "heard");
    await bob.wire.next("entry", ({ content }) => content === "heard");
  });
});

describe("a group of three hundred", () => {
  test("reaches its members on two gateways, those who come later and those who are added; who is removed hears no more", async () => {
    const [ada, bob, cyd] = [await at(a), await at(b), await at(b)];
    const group = await groupOf(ada.person, bob.person);
    const strangers = await cluster.strangers(300);
    const members = `/groups/${group}/members`;
    await ada.person.call("POST", members, { userIds: strangers });
    await send(ada.wire, group, "to all");
    await bob.wire.next("entry", ({ content }) => content === "to all");
    await ada.person.call("POST", members, { userIds: [cyd.person.id] });
    const { data: own } = await send(bob.wire, group, "and cyd");
    for (const { wire } of [ada, cyd]) await wire.next("entry", ({ content }) => content === "and cyd");
    const dan = await signUp(b);
    await ada.person.call("POST", members, { userIds: [dan.id] });
    const late = await online(connectWebSocket, b, dan);
    await send(ada.wire, group, "and dan");
    for (const wire of [bob.wire, cyd.wire, late]) await wire.next("entry", ({ content }) => content === "and dan");
    await ada.person.call("DELETE", `${members}/${cyd.person.id}`);
    await cyd.wire.next("entry", ({ op }) => op === "remove");
    await send(ada.wire, group, "without cyd");
    for (const wire of [bob.wire, late]) await wire.next("entry", ({ content }) => content === "without cyd");
    expect(texts(cyd.wire, group)).not.toContain("without cyd");
    expect(texts(cyd.wire, group)).not.toContain("to all");
    const seqs = [...bob.wire.entries(group), own].map(({ seq }) => seq).sort((x, y) => x - y);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(heads(bob.wire)).toEqual([]);
  }, 60_000);
});

describe("a group founded with all that one entry may name", () => {
  test("goes from node to node, as do its messages, receipts and members", async () => {
    const [ada, bob] = [await at(a), await at(b)];
    const memberIds = [bob.person.id, ...(await cluster.strangers(limits.membersPerEntry - 1))];
    const { status, body } = await ada.person.call("POST", "/groups", { name: "everybody", memberIds });
    expect([status, body.group?.memberCount]).toEqual([201, 10_001]);
    const group = body.conversation.id;
    const { data } = await send(ada.wire, group, "to all");
    await bob.wire.next("entry", ({ content }) => content === "to all");
    const { items } = (await bob.person.call("GET", `/conversations/${group}/entries`)).body;
    expect(items[0].userIds).toHaveLength(10_001);
    const receipts = (await ada.person.call("GET", `/messages/${data.id}/receipts`)).body;
    expect([receipts.total, receipts.items.length]).toEqual([10_000, 10_000]);
  }, 120_000);
});
