import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceName } from "../../config.ts";
import { burden } from "../burden.ts";
import { Device } from "../chaos/device.ts";
import type { Copy, History } from "../chaos/history.ts";
import { judge } from "../chaos/judge.ts";
import { type Person, person, readLog, rest } from "../chaos/people.ts";
import type { EngineProcess } from "../engine-process.ts";
import { seededRandom } from "../faults/random.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startMongo } from "../servers/mongo.ts";
import { startPostgres } from "../servers/postgres.ts";
import type { TestServer } from "../servers/test-server.ts";
import { NodeProcesses } from "./cluster.ts";

const core: ServiceName[] = ["auth", "users", "groups", "conversations", "presence", "router", "fanout", "offline"];
const everything: ServiceName[] = ["gateway", ...core];
const clusters: [string, Record<string, ServiceName[]>][] = [
  ["two gateways and two cores", { gate1: ["gateway"], gate2: ["gateway"], core1: core, core2: core }],
  ["three nodes that run everything", { node1: everything, node2: everything, node3: everything }],
];
const PEOPLE = 8;
const SENDS_A_SECOND = 25;
/** No send waits longer, on a machine that has a processor for whoever wants one. */
const REFUSED_MS = 2000;
const END_MS = 30_000;
/** That nodes come and go is nothing that a log makes much of. */
const STACK = /^ {4}at /m;
/** By then `heads` came twice. */
const TOLD_MS = 5000;

const describeRestart = describeWith("nats", "postgres", "mongo");

for (const [nodesOf, roles] of clusters)
  describeRestart(`a rolling restart of ${nodesOf}, under load`, () => {
    let servers: TestServer[] = [];
    let nodes: NodeProcesses;
    const processes: Record<string, EngineProcess> = {};
    /** As a load balancer would have it: the gateways that are ready. */
    const ready: string[] = [];

    beforeAll(async () => {
      servers = await Promise.all([startPostgres(), startMongo({ indexed: true })]);
      const [sql, mongo] = servers as [TestServer, TestServer];
      nodes = await NodeProcesses.start({ DATABASE_URL: sql.url, MONGO_URL: mongo.url, HEARTBEAT_MS: "2000", LOG_LEVEL: "warn" });
      for (const [name, services] of Object.entries(roles)) processes[name] = await nodes.add(name, services);
      ready.push(...gatewayUrls());
    }, 90_000);
    afterAll(async () => {
      await nodes?.stop();
      await Promise.all(servers.map((server) => server.remove()));
    }, 60_000);

    const gateways = Object.keys(roles).filter((name) => roles[name]?.includes("gateway"));
    const gatewayUrls = () => gateways.map((name) => processes[name]?.url as string);

    test("ends each within 30 seconds, loses and repeats nothing, and refuses no send for longer than two seconds", async () => {
      const people = await Promise.all(Array.from({ length: PEOPLE }, (_, i) => person(gatewayUrls()[i % 2] as string, 1)));
      const rooms = await makeRooms(people);
      const devices = people.map((one, i) => deviceOf(one, conversationsOf(rooms, one), i));
      const load = new Load(devices, rooms);
      await wait(2000);
      for (const name of Object.keys(roles)) await restart(name);
      await wait(2000);
      await load.end();
      const longest = REFUSED_MS * burden();
      await wait(TOLD_MS);
      const told = devices.flatMap((device) => device.copies());
      await Promise.all(devices.map((device) => device.sync(20_000)));
      const history: History = {
        holders: new Map([...rooms].map(([id, members]) => [id, holdersOf(devices, members)])),
        changes: [],
        moves: [],
        reads: [],
        sends: devices.flatMap(({ sends }) => sends),
        logs: await logsOf(rooms),
        told,
        copies: devices.flatMap((device) => device.copies()),
        arrivals: devices.flatMap(({ arrivals }) => arrivals),
      };
      for (const device of devices) device.stop();
      const { violations, unanswered, refused, kept } = judge(history);
      expect({ violations, unanswered, refused }).toEqual({ violations: [], unanswered: 0, refused: 0 });
      expect(kept).toBeGreaterThan(200);
      const waited = history.sends.map(({ at, outcome }) => (outcome?.at ?? Number.POSITIVE_INFINITY) - at);
      expect(Math.max(...waited)).toBeLessThan(longest);
    }, 180_000);

    /** It is not sent to any more when it says that it is not ready; it ends in order, and comes back. */
    async function restart(name: string): Promise<void> {
      const url = processes[name]?.url as string;
      const begin = performance.now();
      const ended = nodes.end(name);
      const isGateway = ready.includes(url);
      if (isGateway) ready.splice(ready.indexOf(url), 1);
      expect(await ended).toBe(0);
      expect(performance.now() - begin).toBeLessThan(END_MS);
      await nodes.restart(name);
      if (isGateway) ready.push(url);
      for (const { output } of Object.values(processes)) expect(output).not.toMatch(STACK);
    }

    /** Everybody with the next one, and all together. */
    async function makeRooms(people: Person[]): Promise<Map<string, Person[]>> {
      const [url] = gatewayUrls() as [string];
      const rooms = new Map<string, Person[]>();
      for (const [i, one] of people.entries()) {
        const other = people[(i + 1) % people.length] as Person;
        rooms.set((await rest(url, "POST", "/conversations", one.tokens[0], { userId: other.id })).id, [one, other]);
      }
      const [owner, ...others] = people as [Person, ...Person[]];
      const group = { name: "all", memberIds: others.map(({ id }) => id) };
      rooms.set((await rest(url, "POST", "/groups", owner.tokens[0], group)).conversation.id, people);
      return rooms;
    }

    function deviceOf({ id: userId, tokens: [token = ""] }: Person, conversations: string[], seed: number): Device {
      return new Device({ name: `device ${seed}`, userId, token, conversations, gateways: ready, random: seededRandom(seed) });
    }

    async function logsOf(rooms: Map<string, Person[]>): Promise<Copy[]> {
      const [holder] = gatewayUrls() as [string];
      return Promise.all(
        [...rooms].map(async ([conversationId, members]) => {
          return { conversationId, holder, entries: await readLog(holder, members[0]?.tokens[0] ?? "", conversationId) };
        }),
      );
    }
  });

const holdersOf = (devices: Device[], members: Person[]) =>
  devices.filter(({ userId }) => members.some(({ id }) => id === userId)).map(({ name, userId }) => ({ device: name, userId }));

/** Devices in turn, each to a conversation of its own, at a steady pace whatever becomes of the sends. */
class Load {
  readonly #timer: NodeJS.Timeout;
  readonly #sends: Promise<void>[] = [];
  #count = 0;

  constructor(devices: Device[], rooms: Map<string, Person[]>) {
    this.#timer = setInterval(() => {
      const device = devices[this.#count % devices.length] as Device;
      const mine = [...rooms].filter(([, members]) => members.some(({ id }) => id === device.userId));
      const [id] = mine[Math.floor(this.#count++ / devices.length) % mine.length] as [string, Person[]];
      this.#sends.push(device.send(id));
    }, 1000 / SENDS_A_SECOND);
  }

  /** Resolves when every send is answered. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#sends);
  }
}

const conversationsOf = (rooms: Map<string, Person[]>, one: Person) =>
  [...rooms].filter(([, members]) => members.includes(one)).map(([id]) => id);
