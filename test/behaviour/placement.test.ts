import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Middleware, ServiceBroker } from "moleculer";
import { type CallOptions, callerOf } from "../../contracts/caller.ts";
import { GoneError } from "../../contracts/errors.ts";
import { ActorPlacement } from "../../mixins/placement.ts";
import { until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";

const conversationIds = Array.from({ length: 300 }, (_, i) => `conversation-${i}`);

/** Runs by itself, and can be turned on. */
const clock = new ManualClock();
let running: NodeJS.Timeout;
beforeAll(() => {
  running = setInterval(() => clock.turn(1), 1);
});
afterAll(() => clearInterval(running));

interface Node {
  broker: ServiceBroker;
  placement: ActorPlacement;
  /** Calls of other nodes that this one has sent. */
  requests: number;
  /** Neither hears nor says anything. */
  frozen: boolean;
}

type Send = (topic: string, data: Buffer, meta: { packet: { type: string } }) => Promise<void>;
type Receive = (cmd: string, data: Buffer) => Promise<void>;

const nodes: Node[] = [];

/** A node whose conversations, if it has them, answer where they ran; `answer` replaces that. */
async function start(nodeID: string, { offers = true, answer = (): unknown => nodeID } = {}): Promise<Node> {
  const placement = new ActorPlacement(clock);
  const node: Node = { broker: undefined as never, placement, requests: 0, frozen: false };
  const send =
    (next: Send): Send =>
    async (topic, data, meta) => {
      if (meta.packet.type === "REQ") node.requests++;
      if (!node.frozen) await next(topic, data, meta);
    };
  const receive =
    (next: Receive): Receive =>
    async (cmd, data) => {
      if (!node.frozen) await next(cmd, data);
    };
  const wire = { name: "Wire", transporterSend: send, transporterReceive: receive } as unknown as Middleware;
  const middlewares = [placement.middleware, wire];
  node.broker = new ServiceBroker({ nodeID, logger: false, transporter: "Fake", middlewares });
  if (offers)
    node.broker.createService({ name: "conversations", actions: { append: answer, other: () => nodeID, heads: answer } });
  await node.broker.start();
  nodes.push(node);
  return node;
}

async function know(count: number, some = nodes): Promise<void> {
  for (const { broker } of some) await until(() => broker.registry.getActionEndpoints("conversations.append")?.count() === count);
}

const ask = ({ broker }: Node, conversationId: string) => broker.call("conversations.append", { conversationId });
const drain = ({ broker }: Node) => callerOf(broker).broadcast("node.draining", {});
const ownersFor = (node: Node) => Promise.all(conversationIds.map((conversationId) => ask(node, conversationId)));

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(({ broker }) => broker.stop()));
});

describe("in a cluster, calls of an actor's action", () => {
  let a: Node;
  let owners: unknown[];

  beforeEach(async () => {
    [a] = await Promise.all([start("a"), start("b"), start("c"), start("edge", { offers: false })]);
    await know(3);
    owners = await ownersFor(a);
  });

  test("run on the same node whoever calls, whether they offer it or not, spread over all that do", async () => {
    for (const node of nodes) expect(await ownersFor(node)).toEqual(owners);
    expect(new Set(owners)).toEqual(new Set(["a", "b", "c"]));
  });

  test("go to the node they name", async () => {
    const named = conversationIds.map((conversationId) =>
      a.broker.call("conversations.append", { conversationId }, { nodeID: "b" }),
    );
    expect(new Set(await Promise.all(named))).toEqual(new Set(["b"]));
  });

  test("leave other actions to the broker, which prefers its own", async () => {
    for (const conversationId of conversationIds) {
      expect(await a.broker.call("conversations.other", { conversationId })).toBe("a");
    }
  });

  test("move to a node that joins, only to that one, and back when it stops", async () => {
    const d = await start("d");
    await know(4);
    const shared = await ownersFor(a);
    for (const node of nodes) expect(await ownersFor(node)).toEqual(shared);
    expect(new Set(shared.filter((owner, i) => owner !== owners[i]))).toEqual(new Set(["d"]));
    nodes.pop();
    await d.broker.stop();
    await know(3);
    for (const node of nodes) expect(await ownersFor(node)).toEqual(owners);
  });

  test("made in one turn of the event loop travel in one call to each node, and so do their answers", async () => {
    const before = nodes.map(({ requests }) => requests);
    await ownersFor(a);
    expect(nodes.map(({ requests }, i) => requests - (before[i] ?? 0))).toEqual([2, 0, 0, 0]);
  });

  test("are told to those whose actors moved", async () => {
    let told = 0;
    a.placement.onMoved(() => told++);
    await start("d");
    await know(4);
    const isD = await ownersFor(a);
    await until(() => told > 0);
    const mine = conversationIds.map((id) => a.placement.isMine("conversations.append", id));
    expect(mine).toEqual(isD.map((owner) => owner === "a"));
  });
});

describe("when the owner", () => {
  let answer: (conversationId: string) => unknown;
  let asker: Node;
  let first: Node;
  let second: Node;
  /** Conversations of `first`. */
  let theirs: string[];

  beforeEach(async () => {
    answer = () => "first";
    const inFirst = ((ctx: { params: { conversationId: string } }) => answer(ctx.params.conversationId)) as () => unknown;
    [asker, first, second] = await Promise.all([
      start("asker", { offers: false }),
      start("first", { answer: inFirst }),
      start("second"),
    ]);
    await know(2);
    const owners = await ownersFor(asker);
    theirs = conversationIds.filter((_, i) => owners[i] === "first");
  });

  test("says nothing, the next one is asked within a second, and the silent one passed over for five", async () => {
    first.frozen = true;
    const began = clock.now();
    expect(new Set(await Promise.all(theirs.map((id) => ask(asker, id))))).toEqual(new Set(["second"]));
    expect(clock.now() - began).toBeLessThan(1500);
    const sent = asker.requests;
    expect(await ask(asker, theirs[0] as string)).toBe("second");
    expect(asker.requests).toBe(sent + 1);
    first.frozen = false;
    clock.turn(5000);
    expect(await ask(asker, theirs[0] as string)).toBe("first");
  });

  test("says nothing, it is not asked for other things either", async () => {
    first.frozen = true;
    await ask(asker, theirs[0] as string);
    const listed = await Promise.all(Array.from({ length: 10 }, () => asker.broker.call("conversations.other", {})));
    expect(new Set(listed)).toEqual(new Set(["second"]));
  });

  test("falls silent in the middle of a turn, the next one is asked", async () => {
    const begun = Promise.withResolvers<void>();
    answer = () => {
      begun.resolve();
      return new Promise(() => {});
    };
    const asked = ask(asker, theirs[0] as string);
    await begun.promise;
    first.frozen = true;
    expect(await asked).toBe("second");
  });

  test("is well, a turn may take its time, and does not hold up others", async () => {
    const slow = Promise.withResolvers<string>();
    const [one = "", another = ""] = theirs;
    answer = (id) => (id === one ? slow.promise : "first");
    const asked = ask(asker, one);
    expect(await ask(asker, another)).toBe("first");
    const began = clock.now();
    await until(() => clock.now() - began > 2500);
    slow.resolve("late");
    expect(await asked).toBe("late");
  });

  test("never answers one turn, the caller hears of it", async () => {
    answer = () => new Promise(() => {});
    await expect(ask(asker, theirs[0] as string)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("stops, the next one is asked at once", async () => {
    answer = () => new Promise(() => {});
    const asked = ask(asker, theirs[0] as string);
    await until(() => asker.requests > 0);
    nodes.splice(nodes.indexOf(first), 1);
    void first.broker.stop();
    expect(await asked).toBe("second");
  });

  test("fails a turn, that is the answer", async () => {
    answer = () => {
      throw new GoneError("deleted", { retryAfterMs: 7 });
    };
    const failed = await callerOf(asker.broker)
      .call("conversations.append", { conversationId: theirs[0] } as never)
      .catch((error) => error);
    expect(failed).toMatchObject({ name: "ChatError", code: "GONE", message: "deleted", data: { retryAfterMs: 7 } });
    answer = () => {
      throw new TypeError("a defect");
    };
    await expect(ask(asker, theirs[0] as string)).rejects.toThrow("a defect");
  });

  test("drains, all know at once that it is not asked any more, and it owns nothing", async () => {
    drain(first);
    await until(() => !asker.placement.nodesOf("conversations.append").includes("first"));
    expect(new Set(await ownersFor(asker))).toEqual(new Set(["second"]));
    expect(new Set(await ownersFor(first))).toEqual(new Set(["second"]));
    for (const id of theirs) expect(first.placement.isMine("conversations.append", id)).toBe(false);
    for (const id of theirs) expect(second.placement.isMine("conversations.append", id)).toBe(true);
  });

  test("drains, who has not heard of it is told with the turn, which did not run", async () => {
    drain(first);
    let ran = 0;
    answer = () => ++ran;
    const newcomer = await start("newcomer", { offers: false });
    await know(2, [newcomer]);
    expect(await ask(newcomer, theirs[0] as string)).toBe("second");
    expect(ran).toBe(0);
  });

  test("drains, and the only other one was silent a moment ago, that one is asked all the same", async () => {
    const own = conversationIds.filter((id) => !theirs.includes(id));
    second.frozen = true;
    expect(await ask(asker, own[0] as string)).toBe("first");
    second.frozen = false;
    drain(first);
    expect(new Set(await ownersFor(asker))).toEqual(new Set(["second"]));
  });

  test("and the next one were both silent a moment ago, each is asked before the call fails", async () => {
    [first.frozen, second.frozen] = [true, true];
    await expect(ask(asker, theirs[0] as string)).rejects.toMatchObject({ name: "NodeSilentError" });
    second.frozen = false;
    expect(await ask(asker, theirs[0] as string)).toBe("second");
  });

  test("drains and is the only one, it goes on until it stops", async () => {
    nodes.splice(nodes.indexOf(second), 1);
    await second.broker.stop();
    await know(1);
    drain(first);
    await until(() => asker.placement.nodesOf("conversations.append").length === 0);
    expect(await ask(asker, theirs[0] as string)).toBe("first");
  });

  test("cannot be reached because nobody can, calls fail at once", async () => {
    answer = () => new Promise(() => {});
    const asked = ask(asker, theirs[0] as string);
    asker.broker.broadcastLocal("$transporter.disconnected", { graceFul: false });
    await expect(asked).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("what any node can answer", () => {
  let answer: () => unknown;
  let asker: Node;
  let first: Node;
  let second: Node;
  const heads = (options?: CallOptions) =>
    callerOf(asker.broker).call("conversations.heads", { userId: "u" }, options) as Promise<unknown>;

  beforeEach(async () => {
    answer = () => "first";
    [asker, first, second] = await Promise.all([
      start("asker", { offers: false }),
      start("first", { answer: () => answer() }),
      start("second"),
    ]);
    await know(2);
  });

  /** Until both were asked. */
  async function askAll(): Promise<Set<unknown>> {
    const answers: unknown[] = [];
    for (let i = 0; i < 40; i++) answers.push(await heads());
    return new Set(answers);
  }

  test("is asked of all of them in turn, and of none if this node can", async () => {
    expect(await askAll()).toEqual(new Set(["first", "second"]));
    expect(await first.broker.call("conversations.heads", { userId: "u" })).toBe("first");
    expect(first.requests).toBe(0);
  });

  test("goes to one node in one call, as far as it comes up in one turn of the event loop", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => heads()));
    expect(new Set(answers).size).toBe(1);
    expect(asker.requests).toBe(1);
  });

  test("is asked of another one within a second when the first says nothing", async () => {
    first.frozen = true;
    const began = clock.now();
    expect(await askAll()).toEqual(new Set(["second"]));
    expect(clock.now() - began).toBeLessThan(1500);
  });

  test("is waited for as long as the caller says", async () => {
    answer = () => new Promise(() => {});
    nodes.splice(nodes.indexOf(second), 1);
    await second.broker.stop();
    await know(1);
    const began = clock.now();
    await expect(heads({ timeout: 500 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(clock.now() - began).toBeLessThan(1000);
    const late = Promise.withResolvers<unknown>();
    answer = () => late.promise;
    const asked = heads({ timeout: 8000 });
    const askedAt = clock.now();
    await until(() => clock.now() - askedAt > 5500, 30_000);
    late.resolve("late");
    expect(await asked).toBe("late");
  });
});

test("a call of an actor's action fails clearly when nobody offers it", async () => {
  const edge = await start("edge", { offers: false });
  await expect(ask(edge, "x")).rejects.toThrow("not found");
});
