import { RouteReplica } from "./route-replica.ts";
import { type Packet, RouteWorld } from "./route-world.ts";

const GATEWAYS = 10;
const CHANGES_A_SECOND = 1000;
const SECONDS = 20;
const LOSSES = 50;
const RESOLVES = 200_000;
const LARGE_GROUP = 10_000;

export interface RouteFigures {
  heap: number;
  deltas: number;
  bytes: number;
  cpu: number;
  resolveOne: number;
  resolveGroup: number;
  snapshot: number;
  snapshotTime: number;
  converged: number;
  convergedQuiet: number;
}

/** What one router bears with so many users online; in a process of its own, so that memory is its alone. */
export function simulate(users: number): RouteFigures {
  const packets: Packet[] = [];
  const world = new RouteWorld(GATEWAYS, (packet) => packets.push(packet));
  world.populate(users);
  const before = heap();
  const replica = new RouteReplica();
  for (const packet of packets) replica.receive(packet);
  packets.length = 0;
  const held = heap() - before;
  const churned = churn(world, replica, packets);
  return {
    heap: held / users,
    ...churned,
    ...resolving(world, replica),
    ...losing(world, replica, packets),
  };
}

function churn(world: RouteWorld, replica: RouteReplica, packets: Packet[]) {
  world.churn(SECONDS, CHANGES_A_SECOND);
  [replica.deltas, replica.bytes] = [0, 0];
  const began = process.cpuUsage();
  for (const packet of packets) replica.receive(packet);
  const cpu = spent(began);
  packets.length = 0;
  return { deltas: replica.deltas / SECONDS, bytes: replica.bytes / SECONDS, cpu: cpu / 1000 / SECONDS };
}

function resolving(world: RouteWorld, { table }: RouteReplica) {
  const online = world.gateways.flatMap(({ sockets }) => sockets.map(({ userId }) => userId));
  const pick = () => online[Math.floor(Math.random() * online.length)] as string;
  const pairs = Array.from({ length: 1000 }, () => [pick(), pick()]);
  const group = Array.from({ length: LARGE_GROUP }, pick);
  const one = timed(RESOLVES, (i) => table.resolve(pairs[i % 1000] as string[]));
  const large = timed(100, () => table.resolve(group));
  return { resolveOne: one * 1000, resolveGroup: large };
}

/** How long, on the simulation's clock, until the replica is right again after one delta got lost. */
function losing(world: RouteWorld, replica: RouteReplica, packets: Packet[]) {
  const busy: number[] = [];
  const quiet: number[] = [];
  let [bytes, ms, fetched] = [0, 0, 0];
  for (let i = 0; i < LOSSES; i++) {
    for (const isQuiet of [false, true]) {
      // What is told by then cannot be in a snapshot already when it gets lost.
      world.clock.turn(20);
      for (const packet of packets.splice(0)) replica.receive(packet);
      replica.repair(world);
      replica.lose = 1;
      world.connect(world.gateways[i % GATEWAYS] as RouteWorld["gateways"][number]);
      const began = world.clock.now();
      while (replica.wanted.size === 0) {
        if (isQuiet) world.clock.turn(5);
        else world.churn(0.005, CHANGES_A_SECOND);
        for (const packet of packets.splice(0)) replica.receive(packet);
      }
      (isQuiet ? quiet : busy).push(world.clock.now() - began);
      const start = process.cpuUsage();
      bytes += replica.repair(world);
      ms += spent(start) / 1000;
      fetched++;
    }
  }
  const longest = (times: number[]) => Math.max(...times);
  return {
    snapshot: bytes / fetched / 1024,
    snapshotTime: ms / fetched,
    converged: longest(busy),
    convergedQuiet: longest(quiet),
  };
}

/** Microseconds of processor time each. */
function timed(times: number, run: (i: number) => unknown): number {
  for (let i = 0; i < times / 10; i++) run(i);
  const began = process.cpuUsage();
  for (let i = 0; i < times; i++) run(i);
  return spent(began) / times;
}

function spent(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return user + system;
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

process.send?.(simulate(Number(process.argv[2])));
process.disconnect?.();
