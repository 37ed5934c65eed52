import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ServiceName } from "../../config.ts";
import type { Params } from "../../contracts/caller.ts";
import { RouteLog } from "../../domain/routing/route-log.ts";
import { acquainted, type ClusterNode, type Stubs, startNode, until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";

let clock: ManualClock;
let nodes: ClusterNode[];

beforeEach(() => {
  clock = new ManualClock();
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) await node.stop();
});

async function start(services: ServiceName[], { stubs = {} as Stubs, alone = false } = {}): Promise<ClusterNode> {
  const node = await startNode({ services, stubs, clock, alone, hear: ["route.transitions", "route.changed", "route.digest"] });
  nodes.push(node);
  return node;
}

/** A gateway as far as its routes go, beside the services given. */
class Gateway {
  log = new RouteLog("");
  /** How often all routes were asked for. */
  asked = 0;
  /** Whose conversations it was asked to look at again. */
  readonly lookedAgain: Params<"gateway.lookAgain">[] = [];
  failing = false;
  node!: ClusterNode;

  async start(services: ServiceName[] = [], alone = false): Promise<this> {
    const lookAgain = (asked: Params<"gateway.lookAgain">) => void this.lookedAgain.push(asked);
    const stubs: Stubs = { "gateway.routes": () => this.#routes(), "gateway.lookAgain": lookAgain };
    this.node = await start(services, { stubs, alone });
    this.log = new RouteLog(this.node.nodeID);
    return this;
  }

  bind(userId: string, deviceId = "phone"): this {
    this.log.bind({ userId, deviceId });
    return this;
  }

  unbind(userId: string, deviceId = "phone"): this {
    this.log.unbind({ userId, deviceId });
    return this;
  }

  tell(): void {
    const delta = this.log.takeDelta();
    if (delta) this.node.caller.broadcast("route.changed", delta);
  }

  tellDigest(): void {
    this.node.caller.broadcast("route.digest", this.log.digest());
  }

  /** A change of which the routers never hear. */
  lose(): void {
    this.log.takeDelta();
  }

  #routes() {
    this.asked++;
    if (this.failing) throw new Error("not now");
    return this.log.snapshot();
  }
}

const resolve = (node: ClusterNode, ...userIds: string[]) => node.caller.call("router.resolve", { userIds });
const knows = (node: ClusterNode, userId: string) => async () => (await resolve(node, userId)).unreachable.length === 0;
const transitions = (node: ClusterNode) =>
  node.heard.filter(({ name }) => name === "route.transitions").map(({ payload }) => payload);

describe("a router", () => {
  test("knows at once what a gateway on its own node tells, and tells first and last routes to that node", async () => {
    const gateway = await new Gateway().start(["router"], true);
    const { node } = gateway;
    gateway.bind("ada", "phone").bind("ada", "laptop").tell();
    expect(await resolve(node, "ada", "bob")).toMatchObject({ nodes: { [node.nodeID]: ["ada"] }, unreachable: ["bob"] });
    expect(await node.caller.call("router.where", { userId: "ada" })).toEqual([
      { nodeID: node.nodeID, deviceId: "phone" },
      { nodeID: node.nodeID, deviceId: "laptop" },
    ]);
    gateway.unbind("ada", "phone").tell();
    gateway.unbind("ada", "laptop").tell();
    expect(transitions(node)).toEqual([
      { online: ["ada"], offline: [] },
      { online: [], offline: ["ada"] },
    ]);
    expect(await node.caller.call("router.stats", {})).toEqual([{ nodeID: node.nodeID, routes: 0, version: 4 }]);
  });

  test("fetches all routes of a gateway after a gap", async () => {
    const gateway = await new Gateway().start(["router"], true);
    gateway.bind("lost").lose();
    gateway.bind("ada").tell();
    await until(knows(gateway.node, "ada"));
    expect(await resolve(gateway.node, "lost", "ada")).toMatchObject({ unreachable: [] });
    expect(gateway.asked).toBe(1);
    expect(await gateway.node.metric("switchboard_router_snapshots_total")).toBe(1);
  });

  test("fetches them when a digest shows that something is missing", async () => {
    const gateway = await new Gateway().start(["router"], true);
    gateway.bind("ada").tell();
    gateway.tellDigest();
    gateway.bind("lost").lose();
    gateway.tellDigest();
    await until(knows(gateway.node, "lost"));
    expect(gateway.asked).toBe(1);
    expect(await gateway.node.metric("switchboard_router_digest_mismatches_total")).toBe(1);
    expect(await gateway.node.metric("switchboard_router_routes")).toBe(2);
  });

  test("asks a gateway to look again for those whose routes it did not know, and for nobody else", async () => {
    const gateway = await new Gateway().start(["router"], true);
    const began = clock.now();
    gateway.bind("ada").tell();
    gateway.tellDigest();
    await resolve(gateway.node, "ada");
    clock.turn(60_000);
    gateway.bind("lost").lose();
    gateway.bind("bob").tell();
    await until(knows(gateway.node, "lost"));
    clock.turn(1000);
    await until(() => gateway.lookedAgain.length > 0);
    clock.turn(5000);
    expect(gateway.lookedAgain).toEqual([{ userIds: ["lost", "bob"], since: began - 600_000 }]);
  });

  test("asks a gateway in trouble once a second, not in a loop", async () => {
    const gateway = await new Gateway().start(["router"], true);
    gateway.failing = true;
    gateway.bind("lost").lose();
    for (const userId of ["ada", "bob", "cyd"]) {
      gateway.bind(userId).tell();
      await resolve(gateway.node, userId);
    }
    expect(gateway.asked).toBe(1);
    gateway.failing = false;
    clock.turn(1000);
    await until(knows(gateway.node, "lost"));
    expect(gateway.asked).toBe(2);
    clock.turn(5000);
    expect(gateway.asked).toBe(2);
  });
});

describe("routers of several nodes", () => {
  test("agree on who is where", async () => {
    const [one, two] = [await new Gateway().start(["router"]), await new Gateway().start(["router"])];
    await acquainted(one.node, two.node);
    one.bind("ada").tell();
    two.bind("ada").bind("bob").tell();
    for (const { node } of [one, two]) {
      await until(knows(node, "bob"));
      await until(async () => Object.keys((await resolve(node, "ada")).nodes).length === 2);
      expect((await resolve(node, "ada", "bob")).nodes).toEqual({
        [one.node.nodeID]: ["ada"],
        [two.node.nodeID]: ["ada", "bob"],
      });
    }
  });

  test("know what was there before them as soon as they are there, and need nobody to look again", async () => {
    const gateway = await new Gateway().start();
    gateway.bind("ada").tell();
    const late = await start(["router"]);
    expect(await resolve(late, "ada")).toMatchObject({ nodes: { [gateway.node.nodeID]: ["ada"] } });
    clock.turn(5000);
    expect(gateway.lookedAgain).toEqual([]);
  });

  test("learn from the next digest what they could not be told", async () => {
    const gateway = await new Gateway().start();
    gateway.failing = true;
    gateway.bind("ada").tell();
    const late = await start(["router"]);
    await acquainted(gateway.node, late);
    expect(await resolve(late, "ada")).toMatchObject({ unreachable: ["ada"] });
    gateway.failing = false;
    clock.turn(1000);
    gateway.tellDigest();
    await until(knows(late, "ada"));
    expect(transitions(late)).toEqual([{ online: ["ada"], offline: [] }]);
  });

  test("that have lost their connection call nobody gone", async () => {
    const gateway = await new Gateway().start();
    const router = await start(["router"]);
    await acquainted(gateway.node, router);
    gateway.bind("ada").tell();
    await until(knows(router, "ada"));
    router.broker.broadcastLocal("$transporter.disconnected", {});
    await gateway.node.stop();
    await until(async () => (await resolve(router, "ada")).unreachable.length === 1);
    clock.turn(60_000);
    expect(await resolve(router, "ada")).toMatchObject({ away: { [gateway.node.nodeID]: ["ada"] }, isolated: true });
    router.broker.broadcastLocal("$transporter.connected", { wasReconnect: true });
    clock.turn(9000);
    expect(transitions(router)).toEqual([{ online: ["ada"], offline: [] }]);
    clock.turn(2000);
    expect(transitions(router).at(-1)).toEqual({ online: [], offline: ["ada"] });
  });

  test("send nothing to a node that stopped, and call its users gone after ten seconds", async () => {
    const gateway = await new Gateway().start();
    const router = await start(["router"]);
    await acquainted(gateway.node, router);
    gateway.bind("ada").tell();
    await until(knows(router, "ada"));
    await gateway.node.stop();
    await until(async () => (await resolve(router, "ada")).unreachable.length === 1);
    clock.turn(9000);
    expect(transitions(router)).toEqual([{ online: ["ada"], offline: [] }]);
    clock.turn(2000);
    expect(transitions(router).at(-1)).toEqual({ online: [], offline: ["ada"] });
  });
});
