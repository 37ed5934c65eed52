import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Params } from "../../contracts/caller.ts";
import type { LoggedEntry } from "../../contracts/entry.ts";
import { burden } from "../burden.ts";
import { until } from "../cluster-node.ts";
import { directBetween, groupOf, type Json, newKey, type Person, say, signUp } from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";
import { Cluster, type EngineNode } from "../two-nodes.ts";

let cluster: Cluster;
let a: EngineNode;
let b: EngineNode;
let one: EngineNode;
let other: EngineNode;

const owner = ["conversations", "router", "fanout"] as const;

/** Two gateways, two nodes that own conversations, and one with all the rest. */
beforeAll(async () => {
  cluster = new Cluster();
  await cluster.start("rest", ["auth", "users", "groups", "presence", "offline", "router", "fanout", "ops"]);
  one = await cluster.start("one", [...owner]);
  other = await cluster.start("other", [...owner]);
  a = await cluster.start("a", ["gateway", "router", "fanout"]);
  b = await cluster.start("b", ["gateway", "router", "fanout"]);
}, 60_000);
afterAll(() => cluster.stop(), 60_000);

const activeOn = (node: EngineNode) => node.metric("switchboard_conversation_actors_active");

const append = (
  person: Person,
  conversationId: string,
  content: string,
  clientMsgId = newKey(),
): Params<"conversations.append"> => ({
  conversationId,
  viewer: { userId: person.id, deviceId: person.deviceId },
  message: { clientMsgId, type: "text", content },
});

/** The whole log, as it is stored. */
async function logOf(conversationId: string): Promise<LoggedEntry[]> {
  const through = Number.MAX_SAFE_INTEGER;
  const { items } = await one.caller.call("conversations.fill", { conversationId, after: 0, through });
  return items.map(({ entry }) => entry);
}

/** By which a gateway sees for itself what it was not told. */
const looks = ["conversations.heads", "conversations.changes"];
const range = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

describe("two nodes that own conversations", () => {
  test("share them: all turns of one go to the same node, whoever asks", async () => {
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const before = (await activeOn(one)) + (await activeOn(other));
    const groups = await Promise.all(range(16).map(() => groupOf(ada, bob)));
    for (const group of groups) await Promise.all([say(ada, group, "from a"), say(bob, group, "from b")]);
    expect((await activeOn(one)) + (await activeOn(other))).toBe(before + groups.length);
    expect(await activeOn(one)).toBeGreaterThan(0);
    expect(await activeOn(other)).toBeGreaterThan(0);
  });

  test("append to one log at once without a gap, a repetition or a lost answer", async () => {
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const conversationId = await directBetween(ada, bob);
    const wires = [await online(connectWebSocket, a, ada), await online(connectWebSocket, b, bob)];
    const answers = await Promise.all(
      range(60).map((i) => {
        const [{ nodeID }, sender] = [i % 2 ? one : other, i % 3 ? ada : bob];
        return a.caller.call("conversations.append", append(sender, conversationId, `${i}`), { nodeID, timeout: 5000 });
      }),
    );
    const log = await logOf(conversationId);
    expect(log.map(({ seq }) => seq)).toEqual(range(60));
    expect(new Set(log.map(({ clientMsgId }) => clientMsgId)).size).toBe(60);
    expect(answers.map(({ seq }) => log[seq - 1])).toEqual(answers);
    for (const wire of wires) {
      await wire.next("entry", ({ seq }) => seq === 60);
      expect(wire.entries(conversationId).map(({ seq }) => seq)).toEqual(range(60));
    }
  });

  test("store once what both were given", async () => {
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const conversationId = await directBetween(ada, bob);
    for (const i of range(10)) {
      const message = append(ada, conversationId, `${i}`);
      const both = [one, other].map(({ nodeID }) => a.caller.call("conversations.append", message, { nodeID }));
      const [first, second] = (await Promise.all(both)) as [Json, Json];
      expect([first.seq, first.id]).toEqual([second.seq, second.id]);
      expect([first.duplicate, second.duplicate].filter(Boolean)).toHaveLength(1);
    }
    expect((await logOf(conversationId)).map(({ seq }) => seq)).toEqual(range(10));
  });

  test("rest no answer on what the other has changed since", async () => {
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const group = await groupOf(ada, bob);
    const to = (node: EngineNode) => ({ nodeID: node.nodeID });
    const viewer = { userId: ada.id, deviceId: ada.deviceId };
    const { id, seq } = await a.caller.call("conversations.append", append(ada, group, "1"), to(one));
    const react = { conversationId: group, viewer, messageId: id, change: { op: "react", emoji: "x", remove: false } } as const;
    const unreact = { ...react, change: { ...react.change, remove: true } };
    await a.caller.call("conversations.change", react, to(one));
    await a.caller.call("conversations.change", unreact, to(other));
    const again = await a.caller.call("conversations.change", react, to(one));
    expect(again.seq).toBe(seq + 3);
    await a.caller.call(
      "conversations.membership",
      { conversationId: group, viewer, change: { op: "remove", userId: bob.id } },
      to(other),
    );
    expect(await a.caller.call("conversations.members", { conversationId: group }, to(one))).toHaveLength(1);
    await a.caller.call("conversations.cursor", { conversationId: group, viewer, kind: "read", seq: seq + 4 }, to(one));
  });
});

test("a device is forgotten on every node, also on one that is about to write its cursor", async () => {
  const [ada, bob] = [await signUp(a), await signUp(b)];
  const conversationId = await directBetween(ada, bob);
  const viewerOf = ({ id, deviceId }: Person) => ({ userId: id, deviceId });
  const behind = async (person: Person) => {
    const asked = { viewer: viewerOf(person), limit: 9 };
    const { entries } = await a.caller.call("conversations.backlog", asked, { nodeID: other.nodeID });
    return entries.map(({ seq }) => seq);
  };
  const acknowledge = (person: Person, seq: number) =>
    a.caller.call(
      "conversations.cursor",
      { conversationId, viewer: viewerOf(person), kind: "delivered", seq },
      { nodeID: one.nodeID },
    );
  for (const seq of range(5)) {
    await say(ada, conversationId, `${seq}`);
    await acknowledge(bob, seq);
    await a.caller.call("conversations.forgetDevice", viewerOf(bob), { nodeID: other.nodeID });
    await acknowledge(ada, seq);
    await until(async () => (await behind(ada)).length === 0);
    expect(await behind(bob)).toEqual(range(seq));
  }
});

describe("when an owner joins", () => {
  test("it reaches those who were connected before it came", async () => {
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const conversationId = await directBetween(ada, bob);
    const wires = [await online(connectWebSocket, a, ada), await online(connectWebSocket, b, bob)];
    // Nobody but the newcomer is to tell it, which has to ask for the routes: no digest says that it lacks some.
    for (const node of [a, b]) for (const part of [...looks, '"event":"route.digest"']) node.loses.add(part);
    const late = await cluster.start("late", [...owner]);
    await until(() => knowsRoutes(late));
    await a.caller.call("conversations.append", append(ada, conversationId, "hi"), { nodeID: late.nodeID });
    for (const wire of wires) await wire.next("entry", ({ seq }) => seq === 1);
    for (const node of [a, b]) node.loses.clear();
    await late.stop();
  });

  test("the former owners let go of what is its own now, and it knows what was read there", async () => {
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const groups = await Promise.all(range(16).map(() => groupOf(ada, bob)));
    const messages = await Promise.all(
      groups.map((group) => a.caller.call("conversations.append", append(ada, group, "read this"))),
    );
    const viewer = { userId: bob.id, deviceId: bob.deviceId };
    await Promise.all(
      messages.map(({ conversationId, seq }) =>
        b.caller.call("conversations.cursor", { conversationId, viewer, kind: "read", seq }),
      ),
    );
    const before = (await activeOn(one)) + (await activeOn(other));
    const newcomer = await cluster.start("newcomer", [...owner]);
    for (const { id } of messages) {
      await until(async () => (await ada.call("GET", `/messages/${id}/receipts`)).body.read === 1);
    }
    const moved = await activeOn(newcomer);
    expect(moved).toBeGreaterThan(0);
    await until(async () => (await activeOn(one)) + (await activeOn(other)) <= before - moved);
    await newcomer.stop();
  });
});

/** Whether the router of this node has the routes of both gateways. */
async function knowsRoutes({ caller, nodeID }: EngineNode): Promise<boolean> {
  const known = await caller.call("router.stats", {}, { nodeID });
  return [a, b].every((gateway) => known.some((one) => one.nodeID === gateway.nodeID && one.routes > 0));
}

describe("when an owner stops", () => {
  test("the next one knows what was read", async () => {
    const brief = await cluster.start("brief", [...owner]);
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const conversationId = await directBetween(ada, bob);
    const { id } = await a.caller.call("conversations.append", append(ada, conversationId, "read this"), {
      nodeID: brief.nodeID,
    });
    const viewer = { userId: bob.id, deviceId: bob.deviceId };
    const read = { conversationId, viewer, kind: "read", seq: 1 } as const;
    await b.caller.call("conversations.cursor", read, { nodeID: brief.nodeID });
    await brief.stop();
    expect((await ada.call("GET", `/messages/${id}/receipts`)).body).toMatchObject({ delivered: 1, read: 1 });
  });

  test("the other goes on where it was, and nothing is lost or repeated", async () => {
    const third = await cluster.start("third", [...owner]);
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const groups = await Promise.all(range(8).map(() => groupOf(ada, bob)));
    const wire = await online(connectWebSocket, b, bob);
    const sent = new Map<string, string[]>(groups.map((group) => [group, []]));
    let stopped = false;
    const talk = async (group: string) => {
      for (let i = 0; i < 10 || !stopped; i++) sent.get(group)?.push(await untilSaid(ada, group));
      sent.get(group)?.push(await untilSaid(ada, group));
    };
    const talking = groups.map(talk);
    await until(() => [...sent.values()].every((keys) => keys.length > 3));
    await third.stop();
    stopped = true;
    await Promise.all(talking);
    for (const group of groups) {
      const log = await logOf(group);
      expect(log.map(({ seq }) => seq)).toEqual(range(log.length));
      expect(log.slice(1).map(({ clientMsgId }) => clientMsgId)).toEqual(sent.get(group));
      await wire.next("entry", ({ conversationId, seq }) => conversationId === group && seq === log.length);
    }
  });
});

describe("when an owner drains", () => {
  test("no send is refused, or waits for long", async () => {
    const leaving = await cluster.start("leaving", [...owner]);
    const ada = await signUp(a);
    const groups = await Promise.all(range(8).map(() => groupOf(ada)));
    let left = false;
    let longest = 0;
    const talk = async (group: string) => {
      for (let i = 0; i < 10 || !left; i++) {
        const began = performance.now();
        await say(ada, group, `${i}`);
        longest = Math.max(longest, performance.now() - began);
      }
    };
    const talking = groups.map(talk);
    await until(async () => (await activeOn(leaving)) > 0);
    await leaving.caller.call("ops.drain", {}, { nodeID: leaving.nodeID });
    await until(async () => (await activeOn(leaving)) === 0);
    await leaving.stop();
    left = true;
    await Promise.all(talking);
    expect(longest).toBeLessThan(2000 * burden());
    for (const group of groups) {
      const log = await logOf(group);
      expect(log.map(({ seq }) => seq)).toEqual(range(log.length));
    }
  });
});

describe("when an owner dies", () => {
  test("the next one is asked, and nobody has to send again", async () => {
    const dying = await cluster.start("dying", [...owner]);
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const groups = await Promise.all(range(12).map(() => groupOf(ada, bob)));
    await until(async () => (await activeOn(dying)) > 0);
    dying.connected = false;
    await Promise.all(groups.map((group) => say(ada, group, "is anybody there?")));
    for (const group of groups) expect((await logOf(group)).map(({ seq }) => seq)).toEqual([1, 2]);
    await dying.stop();
  });

  test("between a commit and its telling, the next one tells; who comes back from the dead changes nothing", async () => {
    const zombie = await cluster.start("zombie", [...owner]);
    const onZombie = { nodeID: zombie.nodeID };
    const [ada, bob] = [await signUp(a), await signUp(b)];
    const conversationId = await directBetween(ada, bob);
    const wire = await online(connectWebSocket, b, bob);
    // Nobody but an heir is to tell it: the gateway's own looks at the log come to nothing.
    for (const look of looks) b.loses.add(look);
    await a.caller.call("conversations.append", append(ada, conversationId, "1"), onZombie);
    await wire.next("entry", ({ seq }) => seq === 1);
    zombie.connected = false;
    await zombie.caller.call("conversations.append", append(ada, conversationId, "2"), onZombie);
    expect(await wire.next("entry", ({ seq }) => seq === 2, 20_000)).toMatchObject({ content: "2" });
    await say(bob, conversationId, "3");
    zombie.connected = true;
    expect(await zombie.caller.call("conversations.append", append(ada, conversationId, "4"), onZombie)).toMatchObject({
      seq: 4,
    });
    await wire.next("entry", ({ seq }) => seq === 4, 20_000);
    expect(wire.entries(conversationId).map(({ seq }) => seq)).toEqual(range(4));
    expect((await logOf(conversationId)).map(({ seq }) => seq)).toEqual(range(4));
    b.loses.clear();
    await zombie.stop();
  }, 60_000);
});

/** As a client does: again, with the same id, until it is stored. */
async function untilSaid(person: Person, group: string): Promise<string> {
  const clientMsgId = newKey();
  for (;;) {
    const { status } = await person.call("POST", `/conversations/${group}/messages`, { clientMsgId, content: "x" });
    if (status < 300) return clientMsgId;
    expect(status).toBe(503);
  }
}
