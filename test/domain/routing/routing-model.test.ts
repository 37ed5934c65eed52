import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Route, RouteDelta, RouteDigest, RouteSnapshot } from "../../../contracts/services/routing.ts";
import { RouteLog } from "../../../domain/routing/route-log.ts";
import { RoutingTable } from "../../../domain/routing/routing-table.ts";

const GRACE_MS = 5;
const ISOLATED_GRACE_MS = 40;
const users = ["ada", "bob", "cyd", "dan"];
const devices = ["phone", "laptop"];

type Message =
  | { type: "delta"; delta: RouteDelta }
  | { type: "digest"; digest: RouteDigest }
  | { type: "snapshot"; snapshot: RouteSnapshot };

/** A gateway, and the sockets it really holds. */
class Gateway {
  log: RouteLog;
  sockets: Route[] = [];

  constructor(nodeID: string) {
    this.log = new RouteLog(nodeID);
  }

  connect(route: Route): void {
    this.sockets.push(route);
    this.log.bind(route);
  }

  disconnect(pick: number): void {
    const [route] = this.sockets.splice(pick % Math.max(this.sockets.length, 1), 1);
    if (route) this.log.unbind(route);
  }
}

/** A router, what is on its way to it, and who is online going by the transitions alone. */
class Router {
  readonly table = new RoutingTable({ graceMs: GRACE_MS, isolatedGraceMs: ISOLATED_GRACE_MS });
  readonly online = new Set<string>();
  /** Gateways of which nothing reaches it. */
  readonly severed = new Set<string>();
  onTheWay: Message[] = [];
  /** Whether messages on their way to it may get lost. */
  readonly lossy: boolean;

  constructor(lossy: boolean) {
    this.lossy = lossy;
  }

  receive(message: Message | undefined): void {
    if (message?.type === "delta") this.table.apply(message.delta);
    if (message?.type === "digest") this.table.compare(message.digest);
    if (message?.type === "snapshot") this.table.restore(message.snapshot);
    this.look();
  }

  look(): void {
    const { online, offline } = this.table.takeTransitions();
    for (const userId of online) {
      expect(this.online.has(userId)).toBe(false);
      this.online.add(userId);
    }
    for (const userId of offline) expect(this.online.delete(userId)).toBe(true);
  }
}

const senderOf = (message: Message): { nodeID: string } =>
  message.type === "delta" ? message.delta : message.type === "digest" ? message.digest : message.snapshot;

class World {
  now = 0;
  incarnations = 0;
  readonly gateways: Gateway[];
  readonly routers: Router[];

  constructor(lossy: boolean) {
    this.routers = [new Router(lossy), new Router(lossy)];
    this.gateways = [this.start(), this.start(), this.start()];
  }

  start(): Gateway {
    return new Gateway(`g~${this.incarnations++}`);
  }

  send(message: Message): void {
    const { nodeID } = senderOf(message);
    for (const router of this.routers) if (!router.severed.has(nodeID)) router.onTheWay.push(message);
  }

  /** The network parts a router from these gateways; sooner or later it takes them for gone. */
  part(router: Router, gateways: Gateway[]): void {
    if (!router.lossy) return;
    if (gateways.length > 1) router.table.cutOff();
    for (const { log } of gateways) {
      const { nodeID } = log.digest();
      router.severed.add(nodeID);
      router.onTheWay = router.onTheWay.filter((message) => senderOf(message).nodeID !== nodeID);
      router.table.disconnected(nodeID, this.now);
    }
  }

  heal(router: Router): void {
    const there = new Set(this.gateways.map(({ log }) => log.digest().nodeID));
    router.table.reconnected(this.now);
    for (const nodeID of router.severed) if (there.has(nodeID)) router.table.connected(nodeID);
    router.severed.clear();
  }

  restart(slot: number): void {
    const { nodeID } = (this.gateways[slot] as Gateway).log.digest();
    for (const { table } of this.routers) table.disconnected(nodeID, this.now);
    this.gateways[slot] = this.start();
  }

  expire(): void {
    for (const router of this.routers) {
      router.table.expire(this.now);
      router.look();
    }
  }

  /** No more changes. What is on its way arrives, and who knows to miss something fetches a snapshot. */
  settle(): void {
    for (const { log } of this.gateways) {
      for (let delta = log.takeDelta(); delta; delta = log.takeDelta()) this.send({ type: "delta", delta });
    }
    for (const router of this.routers) {
      for (const message of router.onTheWay) router.receive(message);
      for (const { log } of this.gateways) {
        if (router.table.incomplete().includes(log.digest().nodeID)) {
          router.receive({ type: "snapshot", snapshot: log.snapshot() });
        }
      }
    }
    this.now += ISOLATED_GRACE_MS;
    this.expire();
  }

  /** All that is still on its way is lost; each gateway tells its digest once more. */
  lose(): void {
    for (const router of this.routers) this.heal(router);
    for (const { log } of this.gateways) while (log.takeDelta()) this.now++;
    for (const router of this.routers) {
      router.onTheWay = this.gateways.map(({ log }) => ({ type: "digest", digest: log.digest() }));
    }
  }
}

type Step = (world: World) => void;
const slot = fc.nat(2);
const pick = fc.nat(1000);
const gatewayStep = (run: (gateway: Gateway, world: World) => void) =>
  slot.map(
    (i): Step =>
      (world) =>
        run(world.gateways[i] as Gateway, world),
  );
/** Something happens to one of the messages on the way to one of the routers: also the newest, so they overtake. */
const messageStep = (run: (router: Router, index: number) => void) =>
  fc.tuple(fc.nat(1), pick).map(
    ([r, p]): Step =>
      (world) => {
        const router = world.routers[r] as Router;
        if (router.onTheWay.length) run(router, p % router.onTheWay.length);
      },
  );

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(slot, fc.constantFrom(...users), fc.constantFrom(...devices)).map(
        ([i, userId, deviceId]): Step =>
          (world) =>
            world.gateways[i]?.connect({ userId, deviceId }),
      ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(slot, pick).map(
        ([i, p]): Step =>
          (world) =>
            world.gateways[i]?.disconnect(p),
      ),
    },
    {
      weight: 6,
      arbitrary: gatewayStep(({ log }, world) => {
        const delta = log.takeDelta();
        if (delta) world.send({ type: "delta", delta });
      }),
    },
    { weight: 2, arbitrary: gatewayStep(({ log }, world) => world.send({ type: "digest", digest: log.digest() })) },
    { weight: 3, arbitrary: gatewayStep(({ log }, world) => world.send({ type: "snapshot", snapshot: log.snapshot() })) },
    { weight: 10, arbitrary: messageStep((router) => router.receive(router.onTheWay.shift())) },
    { weight: 4, arbitrary: messageStep((router, index) => router.receive(router.onTheWay.splice(index, 1)[0])) },
    { weight: 2, arbitrary: messageStep((router, index) => router.receive(router.onTheWay[index])) },
    { weight: 2, arbitrary: messageStep((router, index) => void (router.lossy && router.onTheWay.splice(index, 1))) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(1), fc.subarray([0, 1, 2], { minLength: 1 })).map(
        ([r, slots]): Step =>
          (world) =>
            world.part(
              world.routers[r] as Router,
              slots.map((i) => world.gateways[i] as Gateway),
            ),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.nat(1).map(
        (r): Step =>
          (world) =>
            world.heal(world.routers[r] as Router),
      ),
    },
    {
      weight: 1,
      arbitrary: slot.map(
        (i): Step =>
          (world) =>
            world.restart(i),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constant<Step>((world) => {
        world.now += GRACE_MS;
        world.expire();
      }),
    },
  ),
  { maxLength: 120, size: "max" },
);

const placesIn = (world: World, userId: string) =>
  new Set(
    world.gateways.flatMap(({ log, sockets }) =>
      sockets.filter((route) => route.userId === userId).map(({ deviceId }) => `${log.digest().nodeID} ${deviceId}`),
    ),
  );

function expectTruth(world: World): void {
  for (const { table, online } of world.routers) {
    expect(table.incomplete()).toEqual([]);
    expect(table.resolve(users)).toMatchObject({ away: {}, isolated: false });
    for (const userId of users) {
      const places = placesIn(world, userId);
      expect(new Set(table.where(userId).map(({ nodeID, deviceId }) => `${nodeID} ${deviceId}`))).toEqual(places);
      expect(online.has(userId)).toBe(places.size > 0);
      const nodes = new Set([...places].map((place) => place.split(" ")[0]));
      expect(new Set(Object.keys(table.resolve([userId]).nodes))).toEqual(nodes);
    }
  }
}

function live(run: Step[], lossy: boolean): World {
  const world = new World(lossy);
  for (const step of run) {
    world.now++;
    step(world);
  }
  return world;
}

test("when all news arrives, however late, repeated and out of order, every replica is what the gateways hold", () => {
  fc.assert(
    fc.property(steps, (run) => {
      const world = live(run, false);
      world.settle();
      expectTruth(world);
    }),
    { numRuns: 600 },
  );
});

test("when news is lost as well and the network parts, the next digests repair every replica", () => {
  fc.assert(
    fc.property(steps, (run) => {
      const world = live(run, true);
      world.lose();
      world.settle();
      expectTruth(world);
    }),
    { numRuns: 600 },
  );
});
