import { fork } from "node:child_process";
import { once } from "node:events";
import { outcome, type Subjects } from "../report/comparison.ts";
import type { RouteFigures } from "../simulation/routes.ts";
import type { Part } from "./part.ts";

const USERS = [10_000, 100_000];

/** The router alone, on a simulated network: what would take hours and many machines to bring about in earnest. */
export const routes: Part = {
  name: "routes",
  says: "10 gateways, 1,000 connects and disconnects a second: what one router bears",
  async run() {
    const subjects: Subjects<keyof RouteFigures> = {};
    for (const users of USERS) subjects[`${users / 1000}k`] = await simulated(users);
    return outcome("routes", subjects, "none", [
      { key: "heap", unit: "B", says: "heap of a replica per user online", noRatio: true },
      { key: "deltas", unit: "/s", says: "deltas that arrive", noRatio: true },
      { key: "bytes", unit: "B/s", says: "what they are long", noRatio: true },
      { key: "cpu", unit: "ms/s", says: "processor time to read and apply them", noRatio: true },
      { key: "resolveOne", unit: "ns", says: "to resolve two users", noRatio: true },
      { key: "resolveGroup", unit: "µs", says: "to resolve 10,000 users", noRatio: true },
      { key: "snapshot", unit: "KB", says: "one gateway's snapshot", noRatio: true },
      { key: "snapshotTime", unit: "ms", says: "to write, read and take it over", noRatio: true },
      { key: "converged", unit: "ms", says: "until a lost delta is noticed, with traffic: the longest", noRatio: true },
      { key: "convergedQuiet", unit: "ms", says: "and on a gateway where nothing else happens", noRatio: true },
    ]);
  },
};

async function simulated(users: number): Promise<RouteFigures> {
  const file = new URL("../simulation/routes.ts", import.meta.url);
  const child = fork(file, [`${users}`], {
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
    serialization: "json",
  });
  const [figures] = (await once(child, "message")) as [RouteFigures];
  return figures;
}
