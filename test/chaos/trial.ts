import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../faults/random.ts";
import { comeAndGo } from "./come-and-go.ts";
import { Device } from "./device.ts";
import type { Copy, History, Holder, Move } from "./history.ts";
import { type Judgement, judge } from "./judge.ts";
import { rage } from "./nemesis.ts";
import { type Person, person, readLog, rest } from "./people.ts";
import { type FaultName, planOf, type Step } from "./plan.ts";
import { readsOf } from "./reads.ts";
import { sightOf } from "./sight.ts";
import { World } from "./world.ts";

export interface TrialOptions {
  seed: number;
  ms: number;
  faults: FaultName[];
  pauseMs: number;
  outageMs: number;
  /** Every third of them has two devices. */
  people: number;
  /** Between a device's sends, on average. */
  thinkMs: number;
  /** What happens, as it does. */
  tell(line: string): void;
}

export interface Trial {
  plan: Step[];
  history: History;
  judgement: Judgement;
}

interface Room {
  id: string;
  members: Person[];
  /** Who comes and goes. */
  mover?: Person;
}

const GROUP_SIZE = 8;
/** Of a device's turns so many are sends; the others change a message or say how far it has read. */
const SENDS = 0.6;
const CHANGES = 0.25;
/** How long everybody has, when all is whole again, to be told what became of each send, and to sync. */
const QUIET_MS = 60_000;
/** How soon after that the server has told everybody of everything: a core looks every 30 s for what a dead one left untold. */
const TOLD_MS = 45_000;
/** A MongoDB that has no indexes but the unique ones reads all entries for each sync: all at once would not be answered in time. */
const SYNC_AT_ONCE = 4;
/** One turn in so many breaks the device's connection. */
const DROP_EVERY = 20;

/** A cluster, a crowd that chats, things that break; then what everybody has, and the judgement. */
export async function trial(options: TrialOptions): Promise<Trial> {
  const world = await World.start();
  try {
    return await runOn(world, options);
  } catch (error) {
    throw new Error(`the trial came to no end; ${world.outputs.join("\n")}`, { cause: error });
  } finally {
    await world.stop();
  }
}

async function runOn(world: World, options: TrialOptions): Promise<Trial> {
  const { seed, tell } = options;
  const plan = planOf({ ...options, targets: world.targets });
  const crowd = await gather(world, options.people);
  const rooms = await furnish(world, crowd);
  const devices = crowd.flatMap((one) => devicesOf(one, world, rooms, seed));
  tell(`${devices.length} devices of ${crowd.length} people in ${rooms.length} conversations; seed ${seed}`);
  try {
    const moves: Move[] = [];
    const chatting = devices.map((device, i) => chat(device, rooms, options, seededRandom(seed + i)));
    for (const [i, room] of rooms.filter(({ mover }) => mover).entries()) {
      chatting.push(comeAndGo(room, world.gateways, moves, options.ms, seededRandom(seed + i)));
    }
    await rage(world, plan, tell);
    await world.whole();
    tell("all is whole again");
    await Promise.race([Promise.all(chatting), wait(QUIET_MS, undefined, { ref: false })]);
    await Promise.all(devices.map((device) => device.fallSilent()));
    const history = await readEverything(world, rooms, devices, moves);
    return { plan, history, judgement: judge(history) };
  } finally {
    for (const device of devices) device.stop();
  }
}

async function gather(world: World, people: number): Promise<Person[]> {
  const crowd: Person[] = [];
  for (let i = 0; i < people; i++) crowd.push(await person(world.gateways[i % 2] as string, i % 3 === 0 ? 2 : 1));
  return crowd;
}

/** Everybody talks to the next one, and in a group. */
async function furnish(world: World, crowd: Person[]): Promise<Room[]> {
  const [url] = world.gateways as [string];
  const next = (i: number) => crowd[(i + 1) % crowd.length] as Person;
  const pairs = crowd.map(async (one, i) => {
    const { id } = await rest(url, "POST", "/conversations", one.tokens[0], { userId: next(i).id });
    return { id, members: [one, next(i)] };
  });
  const groups = Array.from({ length: Math.ceil(crowd.length / GROUP_SIZE) }, async (_, i) => {
    const members = crowd.slice(i * GROUP_SIZE, (i + 1) * GROUP_SIZE);
    const [owner, ...others] = members as [Person, ...Person[]];
    const body = { name: `group ${i}`, memberIds: others.map(({ id }) => id) };
    const { conversation } = await rest(url, "POST", "/groups", owner.tokens[0], body);
    return { id: conversation.id, members, mover: others.at(-1) };
  });
  return Promise.all([...pairs, ...groups]);
}

function devicesOf(one: Person, world: World, rooms: Room[], seed: number): Device[] {
  const conversations = rooms.filter(({ members }) => members.includes(one)).map(({ id }) => id);
  return one.tokens.map((token, i) => {
    const random = seededRandom(seed * 31 + i);
    return new Device({
      name: `${one.id.slice(-6)}.${i}`,
      userId: one.id,
      token,
      conversations,
      gateways: world.gateways,
      random,
    });
  });
}

/** Sends now here, now there, without waiting for answers; resolves when all are answered. */
async function chat(device: Device, rooms: Room[], { ms, thinkMs }: TrialOptions, random: () => number): Promise<void> {
  const mine = rooms.filter(({ members }) => members.some(({ id }) => id === device.userId));
  const sends: Promise<void>[] = [];
  for (const end = performance.now() + ms; performance.now() < end; await wait(2 * thinkMs * random())) {
    if (random() < 1 / DROP_EVERY) device.drop();
    const { id } = mine[Math.floor(random() * mine.length)] as Room;
    const turn = random();
    if (turn < SENDS) sends.push(device.send(id));
    else if (turn < SENDS + CHANGES) sends.push(device.change(id));
    else void device.read(id);
  }
  await Promise.all(sends);
}

async function readEverything(world: World, rooms: Room[], devices: Device[], moves: Move[]): Promise<History> {
  const logs = (await Promise.all(rooms.map((room) => logsOf(room, world.gateways)))).flat();
  const ends = endsOf(logs, devices);
  await toldOf(ends);
  const told = devices.flatMap((device) => device.copies());
  for (let i = 0; i < devices.length; i += SYNC_AT_ONCE) {
    await Promise.all(devices.slice(i, i + SYNC_AT_ONCE).map((device) => device.sync(QUIET_MS)));
  }
  return {
    holders: new Map(rooms.map((room) => [room.id, holdersIn(room, devices)])),
    sends: devices.flatMap(({ sends }) => sends),
    changes: devices.flatMap(({ changes }) => changes),
    moves,
    reads: await readsOf(rooms, devices, world.gateways),
    logs,
    told,
    copies: devices.flatMap((device) => device.copies()),
    arrivals: devices.flatMap(({ arrivals }) => arrivals),
  };
}

const holdersIn = ({ members }: Room, devices: Device[]): Holder[] =>
  devices.filter(({ userId }) => members.some(({ id }) => id === userId)).map(({ name, userId }) => ({ device: name, userId }));

function logsOf({ id: conversationId, members }: Room, gateways: string[]): Promise<Copy[]> {
  const token = members[0]?.tokens[0] as string;
  const read = async (holder: string) => ({ conversationId, holder, entries: await readLog(holder, token, conversationId) });
  return Promise.all(gateways.map(read));
}

/** How far each device should get in each of its conversations. */
function endsOf(logs: Copy[], devices: Device[]): { device: Device; conversationId: string; seq: number }[] {
  const byId = new Map(logs.map((log) => [log.conversationId, log]));
  const end = (id: string, userId: string) => sightOf(byId.get(id) as Copy, userId).entries.at(-1)?.seq ?? 0;
  return devices.flatMap((device) =>
    device.conversations.map((conversationId) => ({ device, conversationId, seq: end(conversationId, device.userId) })),
  );
}

/** Resolves when each device has what is in the logs, or it is time that it had. */
async function toldOf(ends: ReturnType<typeof endsOf>): Promise<void> {
  const allAreThere = () => ends.every(({ device, conversationId, seq }) => device.has(conversationId, seq));
  for (const end = performance.now() + TOLD_MS; performance.now() < end && !allAreThere(); ) await wait(100);
}
