import { beforeEach, describe, expect, test } from "@jest/globals";
import { RouteLog } from "../../../domain/routing/route-log.ts";
import { RoutingTable } from "../../../domain/routing/routing-table.ts";

let table: RoutingTable;
let log: RouteLog;
const route = (userId: string, deviceId = "phone") => ({ userId, deviceId });
const nodesOf = (userId: string) => Object.keys(table.resolve([userId]).nodes);

beforeEach(() => {
  table = new RoutingTable({ graceMs: 10_000, isolatedGraceMs: 60_000 });
  log = new RouteLog("g1");
});

/** Binds on a gateway of its own and brings the change to the table. */
function gateway(nodeID: string, ...userIds: string[]): RouteLog {
  const made = new RouteLog(nodeID);
  for (const userId of userIds) made.bind(route(userId));
  pass(made);
  return made;
}

function pass(from: RouteLog): boolean {
  const delta = from.takeDelta();
  return delta !== null && table.apply(delta);
}

describe("resolving", () => {
  test("groups users by node, each once however many devices are there, and names who is nowhere", () => {
    log.bind(route("ada", "phone"));
    log.bind(route("ada", "laptop"));
    log.bind(route("bob"));
    pass(log);
    gateway("g2", "ada");
    expect(table.resolve(["ada", "bob", "cyd"])).toEqual({
      nodes: { g1: ["ada", "bob"], g2: ["ada"] },
      away: {},
      unreachable: ["cyd"],
      isolated: false,
    });
    expect(table.where("ada")).toEqual([
      { nodeID: "g1", deviceId: "phone" },
      { nodeID: "g1", deviceId: "laptop" },
      { nodeID: "g2", deviceId: "phone" },
    ]);
    expect(table.stats()).toEqual([
      { nodeID: "g1", routes: 3, version: 3 },
      { nodeID: "g2", routes: 1, version: 1 },
    ]);
  });
});

describe("following a gateway", () => {
  test("ignores a delta that came twice", () => {
    log.bind(route("ada"));
    const bound = log.takeDelta();
    log.unbind(route("ada"));
    const unbound = log.takeDelta();
    for (const delta of [bound, unbound, bound]) if (delta) expect(table.apply(delta)).toBe(false);
    expect(nodesOf("ada")).toEqual([]);
  });

  test("after a gap needs a snapshot, serves what it has, and applies what overtook the snapshot", () => {
    log.bind(route("ada"));
    pass(log);
    log.bind(route("lost"));
    log.takeDelta();
    log.bind(route("bob"));
    expect(pass(log)).toBe(true);
    expect(table.incomplete()).toEqual(["g1"]);
    expect([nodesOf("ada"), nodesOf("bob")]).toEqual([["g1"], []]);
    const snapshot = log.snapshot();
    log.unbind(route("ada"));
    expect(pass(log)).toBe(true);
    table.restore(snapshot);
    expect(table.incomplete()).toEqual([]);
    expect([nodesOf("ada"), nodesOf("lost"), nodesOf("bob")]).toEqual([[], ["g1"], ["g1"]]);
  });

  test("still needs a snapshot when the one it got left a gap to what was held", () => {
    log.bind(route("ada"));
    log.takeDelta();
    const early = log.snapshot();
    log.bind(route("lost"));
    log.takeDelta();
    log.bind(route("bob"));
    pass(log);
    table.restore(early);
    expect(table.incomplete()).toEqual(["g1"]);
    table.restore(log.snapshot());
    expect([table.incomplete(), nodesOf("lost"), nodesOf("bob")]).toEqual([[], ["g1"], ["g1"]]);
  });

  test("applies what it held in the order of the log, however it came", () => {
    log.bind(route("lost"));
    log.takeDelta();
    const snapshot = log.snapshot();
    log.bind(route("ada"));
    const bound = log.takeDelta();
    log.unbind(route("ada"));
    pass(log);
    if (bound) table.apply(bound);
    table.restore(snapshot);
    expect(table.incomplete()).toEqual([]);
    expect([nodesOf("lost"), nodesOf("ada")]).toEqual([["g1"], []]);
  });

  test("compares digests only at equal version; one that is ahead shows a lost delta", () => {
    log.bind(route("ada"));
    const older = log.digest();
    pass(log);
    expect(table.compare(older)).toBe(false);
    expect(table.compare(log.digest())).toBe(false);
    expect(table.compare({ ...log.digest(), hash: "0123456789abcdef" })).toBe(true);
    table.restore(log.snapshot());
    expect(table.incomplete()).toEqual([]);
    log.bind(route("bob"));
    log.takeDelta();
    expect(table.compare(log.digest())).toBe(true);
  });

  test("learns of a gateway that was there before it from its digest", () => {
    log.bind(route("ada"));
    log.takeDelta();
    expect(table.compare(log.digest())).toBe(true);
    expect(table.restore(log.snapshot())).toEqual(["ada"]);
    expect(nodesOf("ada")).toEqual(["g1"]);
  });

  test("asks one that was found for all it has, and says whose routes were missing", () => {
    log.bind(route("ada"));
    log.takeDelta();
    expect(table.found("g1")).toBe(true);
    log.bind(route("bob"));
    pass(log);
    expect(table.restore(log.snapshot())).toEqual(["ada", "bob"]);
    log.bind(route("ada", "laptop"));
    log.bind(route("cyd"));
    log.takeDelta();
    table.compare(log.digest());
    expect(table.restore(log.snapshot())).toEqual(["cyd"]);
  });

  test("forgets the oldest of what it holds before it grows without bound", () => {
    log.bind(route("lost"));
    log.takeDelta();
    const early = log.snapshot();
    log.bind(route("also lost"));
    log.takeDelta();
    for (let i = 0; i < 1500; i++) {
      log.bind(route(`user-${i}`));
      pass(log);
    }
    table.restore(early);
    expect(table.incomplete()).toEqual(["g1"]);
    table.restore(log.snapshot());
    expect([nodesOf("user-0"), nodesOf("user-1499"), table.incomplete()]).toEqual([["g1"], ["g1"], []]);
  });
});

describe("transitions", () => {
  test("are of first and last routes only", () => {
    const other = gateway("g2", "ada");
    gateway("g1", "ada", "bob");
    expect(table.takeTransitions()).toEqual({ online: ["ada", "bob"], offline: [] });
    other.unbind(route("ada"));
    pass(other);
    expect(table.takeTransitions()).toEqual({ online: [], offline: [] });
  });

  test("leave out who came and went between two looks, and who a snapshot brings back", () => {
    log.bind(route("ada"));
    log.bind(route("bob"));
    pass(log);
    table.takeTransitions();
    log.bind(route("cyd"));
    log.unbind(route("cyd"));
    log.unbind(route("bob"));
    pass(log);
    table.restore(log.snapshot());
    expect(table.takeTransitions()).toEqual({ online: [], offline: ["bob"] });
  });
});

describe("a gateway that vanished", () => {
  test("is not sent to at once; its users are offline only after the grace", () => {
    gateway("g1", "ada");
    gateway("g2", "bob");
    gateway("g3", "cyd");
    table.takeTransitions();
    table.disconnected("g1", 0);
    expect(table.resolve(["ada", "bob"])).toEqual({
      nodes: { g2: ["bob"] },
      away: { g1: ["ada"] },
      unreachable: ["ada"],
      isolated: false,
    });
    table.expire(9_999);
    expect(table.takeTransitions().offline).toEqual([]);
    expect(table.expire(10_000)).toEqual(["g1"]);
    expect(table.takeTransitions().offline).toEqual(["ada"]);
    expect(table.stats().map(({ nodeID }) => nodeID)).toEqual(["g2", "g3"]);
  });

  test("is taken back with its routes when it is there again in time, and asked for what it told nobody here", () => {
    const vanished = gateway("g1", "ada");
    table.disconnected("g1", 0);
    vanished.bind(route("bob"));
    vanished.takeDelta();
    expect(table.connected("g1")).toBe(true);
    expect(table.restore(vanished.snapshot())).toEqual(["bob"]);
    expect(table.expire(20_000)).toEqual([]);
    expect([nodesOf("ada"), nodesOf("bob"), table.incomplete()]).toEqual([["g1"], ["g1"], []]);
  });

  test("is not brought back by news that was long on its way", () => {
    const vanished = gateway("g1", "ada");
    vanished.bind(route("bob"));
    table.disconnected("g1", 0);
    pass(vanished);
    expect(nodesOf("bob")).toEqual([]);
    table.expire(10_000);
    vanished.bind(route("cyd"));
    expect(pass(vanished)).toBe(false);
    expect(table.compare(vanished.digest())).toBe(false);
    table.restore(vanished.snapshot());
    expect(table.resolve(["ada", "bob", "cyd"])).toMatchObject({ nodes: {}, away: {}, unreachable: ["ada", "bob", "cyd"] });
  });

  test("together with most others means that this node is cut off: nobody is said to be away", () => {
    gateway("g1", "me");
    for (const [i, userId] of ["ada", "bob"].entries()) {
      gateway(`g${i + 2}`, userId);
      table.disconnected(`g${i + 2}`, 0);
    }
    table.takeTransitions();
    expect(table.resolve(["me", "ada", "bob", "cyd"])).toEqual({
      nodes: { g1: ["me"] },
      away: { g2: ["ada"], g3: ["bob"] },
      unreachable: ["ada", "bob", "cyd"],
      isolated: true,
    });
    table.expire(59_999);
    expect(table.takeTransitions().offline).toEqual([]);
    table.expire(60_000);
    expect(table.takeTransitions().offline.sort()).toEqual(["ada", "bob"]);
  });

  test("while this node has no connection of its own says nothing; afterwards it has the whole grace to come back", () => {
    gateway("g1", "ada");
    gateway("g2", "bob");
    gateway("g3", "cyd");
    table.takeTransitions();
    table.cutOff();
    table.disconnected("g1", 0);
    expect(table.expire(30_000)).toEqual([]);
    expect(table.resolve(["ada"])).toMatchObject({ away: { g1: ["ada"] }, isolated: true });
    table.reconnected(30_000);
    expect(table.expire(39_999)).toEqual([]);
    expect(table.resolve(["ada"]).isolated).toBe(false);
    expect(table.expire(40_000)).toEqual(["g1"]);
    expect(table.takeTransitions().offline).toEqual(["ada"]);
  });
});
