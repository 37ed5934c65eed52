import { costOf } from "../load/cost.ts";
import { Pairs } from "../load/pairs.ts";
import { type Person, people } from "../load/people.ts";
import { percentile } from "../load/statistics.ts";
import type { Target } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import { withTargets } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const CLIENTS = 200;
const ROUNDS = 3;
const RATE = 1000;
const WARM_UP_MS = 1500;
const EVEN_MS = 5000;

/** Two hundred people who talk in pairs: a thousand messages a second, then as much as it takes. */
export const chat: Part = {
  name: "chat",
  says: `${CLIENTS} clients in pairs, texts of 100 bytes`,
  run: () => {
    const persons = people(CLIENTS);
    return withTargets({ userIds: persons.map(({ userId }) => userId) }, async (targets) => {
      const subjects = await measured(targets, ROUNDS, (target) => round(target, persons));
      return outcome("chat", subjects, "bare", [
        { key: "rate", unit: "/s", says: "delivered messages a second at saturation", higherIsBetter: true },
        { key: "cpu", unit: "µs", says: "server's CPU per delivered message at saturation" },
        { key: "evenCpu", unit: "µs", says: `server's CPU per delivered message at ${RATE} a second` },
        { key: "p50", unit: "ms", says: `send to receipt at ${RATE} a second: p50` },
        { key: "p95", unit: "ms", says: "p95" },
        { key: "p99", unit: "ms", says: "p99" },
      ]);
    });
  },
};

async function round(target: Target, persons: Person[]) {
  return { ...(await evenly(target, persons)), ...(await saturated(target, persons)) };
}

async function evenly(target: Target, persons: Person[]) {
  const pairs = await Pairs.connect(target, persons);
  await pairs.talkEvenly(RATE, WARM_UP_MS);
  const latencies: number[] = (pairs.latencies = []);
  const { cpu } = await costOf(target.server, pairs, () => pairs.talkEvenly(RATE, EVEN_MS));
  await pairs.end();
  return { evenCpu: cpu, p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95), p99: percentile(latencies, 0.99) };
}

async function saturated(target: Target, persons: Person[]) {
  const pairs = await Pairs.connect(target, persons);
  const cost = await pairs.saturate(target.server);
  await pairs.end();
  return cost;
}
