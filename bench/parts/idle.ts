import { setTimeout as wait } from "node:timers/promises";
import { connectAll } from "../load/client.ts";
import { people } from "../load/people.ts";
import { floorOf, type Target, targetsOf } from "../load/target.ts";
import { outcome, type Subjects } from "../report/comparison.ts";
import { startBare } from "../servers/bare.ts";
import type { Server } from "../servers/server.ts";
import { withEngine } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const CONNECTIONS = 4000;
const WARM_UP = 500;
/** The second look at what was missed while connecting is over then, and the collector has been round. */
const SETTLE_MS = 3000;

/** What a connection takes that does nothing; each kind on a server of its own, so that none finds room that another left. */
export const idle: Part = {
  name: "idle",
  says: `${CONNECTIONS} connections that only stay`,
  async run() {
    const subjects: Subjects<"rss" | "heap"> = {
      webSocket: await withEngine({}, (engine) => perConnection(targetsOf(engine)[0])),
      socketIo: await withEngine({}, (engine) => perConnection(targetsOf(engine)[1])),
      bare: await withBare((bare) => perConnection(floorOf(bare))),
    };
    return outcome("idle", subjects, "bare", [
      { key: "rss", unit: "KB", says: "resident memory per connection" },
      { key: "heap", unit: "KB", says: "JavaScript heap per connection" },
    ]);
  },
};

async function withBare<T>(measure: (bare: Server) => Promise<T>): Promise<T> {
  const bare = await startBare();
  try {
    return await measure(bare);
  } finally {
    await bare.end();
  }
}

async function perConnection(target: Target<Server>) {
  const connect = (count: number) => connectAll(people(count).map((person) => target.as(person)));
  for (const client of await connect(WARM_UP)) client.drop();
  await wait(SETTLE_MS);
  const before = await target.server.memory();
  const clients = await connect(CONNECTIONS);
  await wait(SETTLE_MS);
  const after = await target.server.memory();
  for (const client of clients) client.drop();
  const each = (key: "rss" | "heapUsed") => (after[key] - before[key]) / CONNECTIONS / 1024;
  return { rss: each("rss"), heap: each("heapUsed") };
}
