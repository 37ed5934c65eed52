import { costOf } from "../load/cost.ts";
import { Pairs } from "../load/pairs.ts";
import { type Person, people } from "../load/people.ts";
import { percentile } from "../load/statistics.ts";
import type { Target } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import type { Traffic } from "../servers/cluster.ts";
import type { Comparison, Part } from "./part.ts";

const CLIENTS = 200;
const RATE = 1000;
const WARM_UP_MS = 1500;
const EVEN_MS = 5000;

/** Two hundred people who talk in pairs: a thousand messages a second, then as much as it takes. */
export const chat = (name: string, compared: Comparison): Part => ({
  name,
  says: `${CLIENTS} clients in pairs, texts of 100 bytes`,
  run: () => {
    const persons = people(CLIENTS);
    return compared.over({ userIds: persons.map(({ userId }) => userId) }, async (targets) => {
      // What a program costs in its first seconds is not what it costs.
      for (const target of targets) await saturated(target, persons);
      const subjects = await measured(targets, compared.rounds, (target) => round(target, persons));
      return outcome(name, subjects, compared.floor, [
        { key: "rate", unit: "/s", says: "delivered messages a second at saturation", higherIsBetter: true },
        { key: "cpu", unit: "µs", says: "server's CPU per delivered message at saturation" },
        { key: "evenCpu", unit: "µs", says: `server's CPU per delivered message at ${RATE} a second` },
        { key: "p50", unit: "ms", says: `send to receipt at ${RATE} a second: p50` },
        { key: "p95", unit: "ms", says: "p95" },
        { key: "p99", unit: "ms", says: "p99" },
        { key: "packets", unit: "", says: "packets over NATS, in and out, per delivered message at saturation", noRatio: true },
        { key: "bytes", unit: "", says: "bytes over NATS, in and out, per delivered message at saturation", noRatio: true },
      ]);
    });
  },
});

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
  const before = await target.traffic?.();
  const cost = await pairs.saturate(target.server);
  const after = await target.traffic?.();
  const each = (key: keyof Traffic) => (before && after ? (after[key] - before[key]) / pairs.delivered : Number.NaN);
  await pairs.end();
  return { ...cost, packets: each("packets"), bytes: each("bytes") };
}
