import { execSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { connectAll } from "../load/client.ts";
import { people } from "../load/people.ts";
import { targetsOf } from "../load/target.ts";
import { withEngine } from "../servers/targets.ts";
import type { Figure, Part } from "./part.ts";

const WANTED = 100_000;
/** Open files that are not sessions. */
const OTHERS = 300;
/** Two heartbeats. */
const IDLE_MS = 50_000;

/** As many plain WebSocket sessions on one node as this machine lets a process open, up to a hundred thousand. */
export const sessions: Part = {
  name: "sessions",
  says: "idle plain WebSocket sessions on one node",
  run: () =>
    withEngine({}, async (engine) => {
      const count = Math.min(WANTED, mostFiles() - OTHERS);
      const [target] = targetsOf(engine);
      const { rss: before } = await engine.memory();
      const began = performance.now();
      const clients = await connectAll(
        people(count).map((person) => target.as(person)),
        200,
      );
      const seconds = (performance.now() - began) / 1000;
      await wait(3000);
      const { rss } = await engine.memory();
      const cpu = engine.cpuSeconds();
      await wait(IDLE_MS);
      const share = (engine.cpuSeconds() - cpu) / (IDLE_MS / 1000);
      for (const client of clients) client.drop();
      const row = (name: string, unit: string, says: string, value: number): Figure => ({
        name: `sessions.${name}`,
        unit,
        says,
        values: { webSocket: value },
      });
      return {
        figures: [
          row("count", "", "sessions, as the limit of open files allows", count),
          row("memory", "KB", "resident memory per session", (rss - before) / count / 1024),
          row("connects", "/s", "connections a second, with the token and the look for a backlog", count / seconds),
          row("idleCpu", "%", "of one processor for all of them, with a heartbeat each 25 s", share * 100),
        ],
        ratios: {},
      };
    }),
};

/** The hard limit, which the Node process raises its own to by itself. */
const mostFiles = () => Number.parseInt(execSync("ulimit -Hn", { shell: "/bin/sh", encoding: "utf8" }), 10) || WANTED;
