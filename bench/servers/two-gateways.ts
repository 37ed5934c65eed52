import { bareTarget, engineTargets } from "../load/target.ts";
import type { Comparison } from "../parts/part.ts";
import { startBare, startBareNode } from "./bare.ts";
import { CORE, GATEWAY, withCluster } from "./cluster.ts";
import type { Server } from "./server.ts";
import { ServerGroup } from "./server-group.ts";

/**
 * Two gateways and two cores, by both protocols; as many nodes of the same packages without the engine; two bare servers
 * that are joined by Redis and keep nothing; and two that keep each message in PostgreSQL. Neighbours among the clients
 * are always on different nodes.
 */
export const twoGateways: Comparison = {
  rounds: 3,
  floor: "pair",
  over: (plan, measure) =>
    withCluster(plan, [CORE, CORE, GATEWAY, GATEWAY], async (cluster) => {
      const { env, traffic } = cluster.infrastructure;
      const { REDIS_URL, DATABASE_URL } = env;
      const engine = engineTargets(cluster, urlsOf(cluster.gateways)).map((target) => ({ ...target, traffic }));
      await using started = new AsyncDisposableStack();
      const ended = (group: ServerGroup) => started.adopt(group, () => group.end());
      const packages = ended(await startPackages(env));
      const pair = ended(await startPair({ REDIS_URL: `${REDIS_URL}/1` }));
      const keeping = ended(await startPair({ REDIS_URL: `${REDIS_URL}/2`, DATABASE_URL }));
      return await measure([
        ...engine,
        { ...bareTarget("packages", packages, urlsOf(packages.servers.slice(2))), traffic },
        bareTarget("pair", pair, urlsOf(pair.servers)),
        bareTarget("keepingPair", keeping, urlsOf(keeping.servers)),
      ]);
    }),
};

/** Two cores, two gateways; none is ready before it sees the others. */
async function startPackages(env: Record<string, string>): Promise<ServerGroup> {
  const roles = ["core", "core", "gateway", "gateway"];
  return new ServerGroup(await Promise.all(roles.map((role, i) => startBareNode({ ...env, ROLE: role, NODE_ID: `bare-${i}` }))));
}

/** One after the other: both make the table, and PostgreSQL refuses that at the same moment. */
async function startPair(env: Record<string, string>): Promise<ServerGroup> {
  return new ServerGroup([await startBare(env), await startBare(env)]);
}

const urlsOf = (servers: Server[]) => servers.map(({ url }) => url);
