import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Commit, MessageLog } from "../../stores/message-log.ts";
import { until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";
import { ConversationNode, text, viewer } from "./conversation-node.ts";

const group = "the-group";
const INCARNATION = "test";

let clock: ManualClock;
let node: ConversationNode;
let commits: Commit[];
/** Commits that were tried, those too that were refused. */
let tried: number;
let loads: number;
/** Told of nodes that come and go. */
let moved: (() => void)[];
let alive: string[];
let cutOff: boolean;
let mine: (conversationId: string) => boolean;

function watched(inner: MessageLog): MessageLog {
  return new Proxy(inner, {
    get(log, name: keyof MessageLog) {
      if (name === "append") {
        return async (commit: Commit) => {
          tried++;
          await log.append(commit);
          commits.push(commit);
        };
      }
      if (name === "load") loads++;
      const method = log[name] as (...args: unknown[]) => unknown;
      return method.bind(log);
    },
  });
}

async function start(clustered = true): Promise<void> {
  clock = new ManualClock();
  [commits, tried, loads, moved, alive, cutOff, mine] = [[], 0, 0, [], [INCARNATION], false, () => true];
  const placement = {
    clustered,
    get cutOff() {
      return cutOff;
    },
    isMine: (_: string, key: string) => mine(key),
    onMoved: (listener: () => void) => void moved.push(listener),
  };
  node = await ConversationNode.start({ clock, log: watched, placement, offering: () => alive, storeClock: clock });
}

beforeEach(() => start());
afterEach(() => node.stop());

const send = (userId: string, content: string, conversationId = group) =>
  node.writing.append({ conversationId, viewer: viewer(userId), message: text(content) });
const makeGroup = (conversationId = group) =>
  node.writing.createGroup({ conversationId, viewer: viewer("ann"), type: "group", settings: {}, memberIds: ["bob"] });
const marks = () => commits.map(({ activeOn }) => activeOn);
const change = () => {
  for (const listener of moved) listener();
};

/** As another node does it that believes to own the conversation. */
async function appendElsewhere(activeOn?: string, conversationId = group): Promise<void> {
  const { entry } = (await node.store.log.entries(conversationId, { after: 0, limit: 1, descending: true }))[0] as never as {
    entry: { seq: number; n: number; createdAt: string };
  };
  const id = crypto.randomUUID();
  const next = { ...entry, id, seq: entry.seq + 1, n: entry.n + 1, conversationId, senderId: "bob" };
  const message = { ...next, kind: "message", type: "text", content: "from elsewhere" } as const;
  await node.store.log.append({ conversationId, entries: [{ entry: message }], activeOn });
}

describe("a conversation that is active here", () => {
  test("is marked by the first commit, and by that alone", async () => {
    await makeGroup();
    await send("ann", "1");
    await send("ann", "2");
    expect(marks()).toEqual([INCARNATION, undefined, undefined]);
    expect(await node.store.log.activeOn(INCARNATION, 9)).toEqual([group]);
  });

  test("loses its mark some time after it let go, and gets it back with the next commit", async () => {
    await makeGroup();
    mine = () => false;
    change();
    await until(async () => (await node.metric("switchboard_conversation_actors_active")) === 0);
    expect(await node.store.log.activeOn(INCARNATION, 9)).toEqual([group]);
    clock.turn(1000);
    await until(async () => (await node.store.log.incarnations()).length === 0);
    await send("ann", "1");
    expect(await node.store.log.activeOn(INCARNATION, 9)).toEqual([group]);
  });

  test("keeps its mark when it comes back before that", async () => {
    await makeGroup();
    mine = () => false;
    change();
    await until(async () => (await node.metric("switchboard_conversation_actors_active")) === 0);
    await send("ann", "1");
    clock.turn(1000);
    await node.writing.group({ conversationId: group });
    // Behind whatever would take the mark off.
    await node.store.log.ping();
    expect(await node.store.log.activeOn(INCARNATION, 9)).toEqual([group]);
  });

  test("is marked again after another node had it", async () => {
    await makeGroup();
    await appendElsewhere("other~1");
    expect(await node.store.log.incarnations()).toEqual(["other~1"]);
    await send("ann", "1");
    expect(await node.store.log.incarnations()).toEqual([INCARNATION]);
  });

  test("is not marked when there is nobody to survive this node", async () => {
    await node.stop();
    await start(false);
    await makeGroup();
    expect(marks()).toEqual([undefined]);
  });

  test("lets go when another node owns it now, and writes where everybody is", async () => {
    await makeGroup();
    await makeGroup("another");
    const { seq } = await send("ann", "1");
    await node.writing.cursor({ conversationId: group, viewer: viewer("bob"), kind: "read", seq });
    mine = (conversationId) => conversationId === "another";
    change();
    await until(async () => (await node.metric("switchboard_conversation_actors_active")) === 1);
    const [, cursor] = await node.elsewhere((store) => store.participation.cursorsOf(group));
    expect(cursor).toMatchObject({ userId: "bob", readSeq: seq });
  });

  test("comes to life anew when this process stood still: somebody else may have had it meanwhile", async () => {
    await makeGroup();
    await send("ann", "1");
    await appendElsewhere();
    const before = loads;
    clock.sleep(15_000);
    expect(await send("ann", "2")).toMatchObject({ seq: 4 });
    expect(loads).toBe(before + 1);
    expect(tried).toBe(3);
  });
});

describe("when a node has gone", () => {
  const told = () => node.entries.map(({ entry }) => `${entry.conversationId} ${entry.seq}`);

  beforeEach(async () => {
    await makeGroup();
    await send("ann", "long ago");
    clock.turn(61_000);
    await send("ann", "just now");
    await node.restart();
    node.around.published.length = 0;
  });

  test("what its conversations got in their last minute is told once more, and they lose its mark", async () => {
    await appendElsewhere("gone~1");
    change();
    await until(async () => (await node.store.log.incarnations()).length === 0);
    expect(told()).toEqual([`${group} 3`, `${group} 4`]);
    expect(node.entries[0]?.recipients).toEqual(["ann", "bob"]);
  });

  test("and nobody saw it go, it is found all the same", async () => {
    await appendElsewhere("gone~1");
    clock.turn(30_000);
    await until(async () => (await node.store.log.incarnations()).length === 0);
    expect(told()).toContain(`${group} 4`);
  });

  test("conversations of nodes that are there, or that others own now, are left alone", async () => {
    await makeGroup("another");
    await makeGroup("a third");
    await node.restart();
    node.around.published.length = 0;
    await appendElsewhere("gone~1");
    await appendElsewhere("gone~1", "another");
    await appendElsewhere("there~1", "a third");
    alive = [INCARNATION, "there~1"];
    mine = (conversationId) => conversationId !== group;
    change();
    await until(() => told().length > 0);
    await until(async () => !(await node.store.log.activeOn("gone~1", 9)).includes("another"));
    expect(told()).toEqual(["another 1", "another 2"]);
    expect(await node.store.log.activeOn("gone~1", 9)).toEqual([group]);
    expect(await node.store.log.activeOn("there~1", 9)).toEqual(["a third"]);
  });

  test("many conversations of it are all found", async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `group-${i}`);
    for (const id of ids) await makeGroup(id);
    await node.restart();
    for (const id of ids) await appendElsewhere("gone~1", id);
    change();
    await until(async () => (await node.store.log.incarnations()).length === 0);
    for (const id of ids) expect(told()).toContain(`${id} 2`);
  });

  test("who is cut off itself takes nothing for gone", async () => {
    await appendElsewhere("gone~1");
    cutOff = true;
    change();
    clock.turn(30_000);
    // What it has begun it ends before it stops.
    await node.restart();
    expect([await node.store.log.incarnations(), told()]).toEqual([["gone~1"], []]);
    cutOff = false;
    change();
    await until(async () => (await node.store.log.incarnations()).length === 0);
  });
});
