import { execSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { type Client, type ClientOptions, connectAll } from "../load/client.ts";
import { people } from "../load/people.ts";
import { targetsOf } from "../load/target.ts";
import { outcome } from "../report/comparison.ts";
import type { Server } from "../servers/server.ts";
import { withEngine } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const WANTED = 100_000;
/** Open files that are not sessions. */
const OTHERS = 300;
/** Connections that come and go before: what the server makes once for all of them is there then. */
const WARM_UP = 1000;
const AT_ONCE = 200;
/** The system looks long for a free port of an address whose ports are mostly taken. */
const PORTS_AN_ADDRESS = 10_000;
/** The second look at what was missed while connecting is over then. */
const SETTLE_MS = 3000;
/** A heartbeat. */
const IDLE_MS = 25_000;

/** As many plain WebSocket sessions on one node as this machine lets a process open, up to a hundred thousand. */
export const sessions: Part = {
  name: "sessions",
  says: "plain WebSocket sessions on one node, as many as a process may have open files, up to 100,000",
  run: () =>
    withEngine({}, async (engine) => {
      const count = Math.min(WANTED, mostFiles() - OTHERS);
      const all = optionsOf(engine, count);
      for (const client of await connectAll(optionsOf(engine, WARM_UP), AT_ONCE)) client.drop();
      await wait(SETTLE_MS);
      const before = await engine.memory();
      const first = await connected(engine, all.slice(0, count / 10), before.rss);
      const rest = await connected(engine, all.slice(count / 10), before.rss, first.clients.length);
      const idleCpu = await idleShare(engine);
      for (const client of [...first.clients, ...rest.clients]) client.drop();
      const subjects = { tenth: { ...first.figures, idleCpu: Number.NaN }, all: { ...rest.figures, idleCpu } };
      return outcome("sessions", subjects, "tenth", [
        { key: "count", unit: "", says: "sessions", noRatio: true },
        { key: "rss", unit: "KB", says: "resident memory per session" },
        { key: "cpu", unit: "µs", says: "server's CPU per connection, with the token and the look for a backlog" },
        { key: "connects", unit: "/s", says: "connections a second", noRatio: true },
        { key: "idleCpu", unit: "%", says: "of one processor for all of them, with a heartbeat each 25 s", noRatio: true },
      ]);
    }),
};

function optionsOf(engine: Server, count: number): ClientOptions[] {
  const [target] = targetsOf(engine);
  const addressOf = (i: number) => `127.0.0.${1 + Math.floor(i / PORTS_AN_ADDRESS)}`;
  const more = (i: number) => (i < PORTS_AN_ADDRESS ? {} : { localAddress: addressOf(i) });
  return people(count).map((person, i) => ({ ...target.as(person), ...more(i) }));
}

/** These and so many that were there before. */
async function connected(engine: Server, options: ClientOptions[], rssBefore: number, others = 0) {
  const [cpu, began] = [engine.cpuSeconds(), performance.now()];
  const clients: Client[] = await connectAll(options, AT_ONCE);
  const [used, seconds] = [engine.cpuSeconds() - cpu, (performance.now() - began) / 1000];
  await wait(SETTLE_MS);
  const { rss } = await engine.memory();
  const count = clients.length + others;
  const each = { rss: (rss - rssBefore) / count / 1024, cpu: (used / clients.length) * 1e6 };
  return { clients, figures: { count, ...each, connects: clients.length / seconds } };
}

async function idleShare(engine: Server): Promise<number> {
  const cpu = engine.cpuSeconds();
  await wait(IDLE_MS);
  return ((engine.cpuSeconds() - cpu) / (IDLE_MS / 1000)) * 100;
}

/** The hard limit, which the Node process raises its own to by itself. */
const mostFiles = () => Number.parseInt(execSync("ulimit -Hn", { shell: "/bin/sh", encoding: "utf8" }), 10) || WANTED;
