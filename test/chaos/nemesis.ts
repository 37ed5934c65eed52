import { setTimeout as wait } from "node:timers/promises";
import type { TestServer } from "../servers/test-server.ts";
import type { FaultName, Step } from "./plan.ts";
import type { World } from "./world.ts";

/** How something breaks, and how it is whole again. */
interface Fault {
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

const AGAIN_MS = 500;
const PATIENCE_MS = 90_000;

/** Carries out a plan. Resolves when everything is whole again; rejects if that is not to be had. */
export async function rage(world: World, plan: Step[], tell: (line: string) => void): Promise<void> {
  const began = performance.now();
  const until = (ms: number) => wait(Math.max(0, began + ms - performance.now()));
  const byTarget = Map.groupBy(plan, ({ target }) => target).values();
  await Promise.all([...byTarget].map((steps) => inTurn(world, steps, until, tell)));
}

/** What is late in being whole again breaks the next time as much later. */
async function inTurn(world: World, steps: Step[], until: (ms: number) => Promise<void>, tell: (line: string) => void) {
  for (const { fault, target, beginsMs, endsMs } of steps) {
    await until(beginsMs);
    const { begin, end } = faultOf(world, fault, target);
    tell(`${fault} ${target}`);
    await Promise.all([begin(), wait(endsMs - beginsMs)]);
    tell(`${fault} ${target} ends`);
    await patiently(end);
    tell(`${fault} ${target} is over`);
  }
}

/** A node cannot start while what it needs is away: then it is started again. */
async function patiently(end: () => Promise<unknown>): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await wait(AGAIN_MS)) {
    try {
      await end();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

function faultOf(world: World, fault: FaultName, target: string): Fault {
  const [part, how] = fault.split(":");
  if (part === "gateway" || part === "core") return nodeFault(world, how, target);
  if (part === "spare")
    return { begin: () => patiently(() => world.join(target)), end: () => world.node(target).process.end("SIGTERM") };
  return serverFault(world.servers[part as keyof World["servers"]], how);
}

function nodeFault(world: World, how: string | undefined, target: string): Fault {
  const { process, link } = world.node(target);
  switch (how) {
    case "pause":
      return { begin: async () => process.pause(), end: async () => process.resume() };
    case "partition":
      return { begin: async () => link.cut(), end: async () => link.mend() };
    case "drain":
      return { begin: () => process.end("SIGTERM"), end: () => process.start() };
    default:
      return { begin: () => process.kill(), end: () => process.start() };
  }
}

function serverFault(server: TestServer, how: string | undefined): Fault {
  if (how === "pause") return { begin: async () => server.pause(), end: async () => server.resume() };
  return { begin: () => server.kill(), end: () => server.restart() };
}
