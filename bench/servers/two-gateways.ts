import { bareTarget, engineTargets, type Target } from "../load/target.ts";
import type { Comparison } from "../parts/part.ts";
import { startBare } from "./bare.ts";
import { CORE, GATEWAY, withCluster } from "./cluster.ts";
import type { Server } from "./server.ts";
import { ServerGroup } from "./server-group.ts";

/**
 * Two gateways and two cores, by both protocols; two bare servers that are joined by Redis and keep nothing; and two that
 * keep each message in PostgreSQL. Neighbours among the clients are always on different nodes.
 */
export const twoGateways: Comparison = {
  rounds: 1,
  floor: "pair",
  over: (plan, measure) =>
    withCluster(plan, [CORE, CORE, GATEWAY, GATEWAY], async (cluster) => {
      const { env, traffic } = cluster.infrastructure;
      const { REDIS_URL, DATABASE_URL } = env;
      const engine = engineTargets(cluster, urlsOf(cluster.gateways)).map((target) => ({ ...target, traffic }));
      return withPair("pair", { REDIS_URL: `${REDIS_URL}/1` }, (pair) =>
        withPair("keepingPair", { REDIS_URL: `${REDIS_URL}/2`, DATABASE_URL }, (keeping) => measure([...engine, pair, keeping])),
      );
    }),
};

async function withPair<T>(name: string, env: Record<string, string>, measure: (pair: Target) => Promise<T>): Promise<T> {
  // One after the other: both make the table, and PostgreSQL refuses that at the same moment.
  const pair = new ServerGroup([await startBare(env), await startBare(env)]);
  try {
    return await measure(bareTarget(name, pair, urlsOf(pair.servers)));
  } finally {
    await pair.end();
  }
}

const urlsOf = (servers: Server[]) => servers.map(({ url }) => url);
