import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { FanoutSignal } from "../../contracts/services/fanout.ts";
import type { Presence } from "../../contracts/shapes.ts";
import { openToAll } from "../../domain/account/account.ts";
import { acquainted, type ClusterNode, startNode, until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";
import { Stage } from "./session-stage.ts";

const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);

interface PresenceNode extends ClusterNode {
  seen: string[];
  told: FanoutSignal[];
}

let clock: ManualClock;
let nodes: PresenceNode[];

beforeEach(() => {
  clock = new ManualClock();
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) await node.stop();
});

async function start(): Promise<PresenceNode> {
  const seen: string[] = [];
  const told: FanoutSignal[] = [];
  const node = await startNode({
    services: ["presence"],
    clock,
    hear: ["presence.changed"],
    stubs: {
      "users.resolve": ({ userIds }) =>
        userIds.map((id) => ({ user: { id, username: id, displayName: id }, privacy: openToAll })),
      "users.seen": ({ userId }) => void seen.push(userId),
      "fanout.publish": ({ items }) => void told.push(...(items as FanoutSignal[])),
    },
  });
  const made = { ...node, seen, told };
  nodes.push(made);
  await acquainted(...nodes);
  return made;
}

/** What the router of every node says. */
function move(transitions: { online: string[]; offline: string[] }): void {
  for (const { caller } of nodes) caller.broadcastLocal("route.transitions", transitions);
}

const viewer = { userId: "eve", deviceId: "d", sessionId: "eve-phone" };
const statusAt = async (node: ClusterNode, userId: string) =>
  (await node.caller.call("presence.get", { viewer, userId }, { nodeID: node.nodeID })).status;

describe("presence on two nodes", () => {
  test("is told to the others once, by the node that owns the user; and so is it noted when somebody was last seen", async () => {
    const [a, b] = [await start(), await start()];
    move({ online: users, offline: [] });
    move({ online: [], offline: users });
    await until(() => a.seen.length + b.seen.length === users.length);
    expect([...a.seen, ...b.seen].sort()).toEqual([...users].sort());
    expect(Math.min(a.seen.length, b.seen.length)).toBeGreaterThan(0);
    const changes = () => a.heard.map(({ payload }) => (payload as { userId: string }).userId);
    await until(() => changes().length === users.length);
    expect(changes().sort()).toEqual([...users].sort());
  });

  test("is the same wherever it is asked, and each node tells those who watch there", async () => {
    const [a, b] = [await start(), await start()];
    for (const [i, node] of [a, b].entries()) {
      const params = { viewer: { ...viewer, sessionId: `s${i}` }, gateway: "g", userIds: ["ada"] };
      await node.caller.call("presence.watch", params, { nodeID: node.nodeID });
    }
    const heard = (session: string) =>
      [...a.told, ...b.told].filter(({ onlySession }) => onlySession === session).map(({ data }) => (data as Presence).status);
    move({ online: ["ada"], offline: [] });
    await until(() => heard("s0").length === 1 && heard("s1").length === 1);
    await a.caller.call("presence.set", { userId: "ada", status: "busy" });
    for (const node of [a, b]) await until(async () => (await statusAt(node, "ada")) === "busy");
    await until(() => heard("s0").length === 2 && heard("s1").length === 2);
    expect([heard("s0"), heard("s1")]).toEqual([
      ["online", "busy"],
      ["online", "busy"],
    ]);
  });

  test("is known to one that comes later as users have said it", async () => {
    const a = await start();
    move({ online: ["ada", "bob"], offline: [] });
    await a.caller.call("presence.set", { userId: "ada", status: "away" });
    const late = await start();
    late.caller.broadcastLocal("route.transitions", { online: ["ada", "bob"], offline: [] });
    expect([await statusAt(late, "ada"), await statusAt(late, "bob")]).toEqual(["away", "online"]);
  });
});

describe("whom the sessions of a gateway watch", () => {
  type Watch = { viewer: { sessionId: string }; userIds: string[] };

  async function watching(): Promise<{ stage: Stage; asked: [node: string | undefined, Watch][]; online: Set<string> }> {
    const asked: [string | undefined, Watch][] = [];
    const online = new Set<string>();
    const stage = new Stage({
      "presence.watch": (params) => {
        asked.push([stage.lastNode, params]);
        return { items: params.userIds.map((userId) => ({ userId, status: online.has(userId) ? "online" : "offline" })) };
      },
      "presence.unwatch": () => undefined,
      "presence.forget": () => undefined,
    });
    stage.offering = ["p1"];
    return { stage, asked, online };
  }

  test("is told to another node when the one that kept it goes; the sessions hear how it is", async () => {
    const { stage, asked, online } = await watching();
    const [ada, bob] = [await stage.live("ada"), await stage.live("bob")];
    await ada.session.receive("presence:watch", { userIds: ["x", "y"] });
    await ada.session.receive("presence:unwatch", { userIds: ["y"] });
    await bob.session.receive("presence:watch", { userIds: ["x"] });
    bob.session.gone();
    online.add("x");
    stage.sessions.servicesChanged();
    stage.offering = ["p2"];
    stage.sessions.servicesChanged();
    await stage.turn(1000);
    await stage.until(() => ada.tape.data("presence").length > 0);
    expect(asked.map(([node, { userIds }]) => [node, userIds])).toEqual([
      ["p1", ["x", "y"]],
      ["p1", ["x"]],
      ["p2", ["x"]],
    ]);
    expect(ada.tape.data("presence")).toEqual([{ userId: "x", status: "online" }]);
  });

  test("is told again when there was nobody to tell, and after the gateway was cut off", async () => {
    const { stage, asked } = await watching();
    const { session, tape } = await stage.live("ada");
    await session.receive("presence:watch", { userIds: ["x"] });
    const watch = stage.behind["presence.watch"];
    stage.behind["presence.watch"] = () => {
      throw new Error("not now");
    };
    stage.sessions.reconnected();
    await stage.turn(3000);
    expect(tape.data("presence")).toEqual([]);
    stage.behind["presence.watch"] = watch;
    await stage.turn(1000);
    await stage.until(() => tape.data("presence").length > 0);
    expect(asked).toHaveLength(2);
    expect(stage.asked.filter(({ name }) => name === "presence.forget")).toMatchObject([{ params: { nodeID: "node" } }]);
  });
});
