import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceNames } from "../../config.ts";
import { freePort } from "../../test/free-port.ts";
import { startMongo } from "../../test/servers/mongo.ts";
import { startNats } from "../../test/servers/nats.ts";
import { startPostgres } from "../../test/servers/postgres.ts";
import { startRedis } from "../../test/servers/redis.ts";
import { type Plan, seed } from "../seed/seed.ts";
import { startEngine } from "./engine.ts";
import type { Server } from "./server.ts";
import { ServerGroup } from "./server-group.ts";

/** What went over NATS, in both directions. */
export interface Traffic {
  packets: number;
  bytes: number;
}

/** What a cluster keeps and speaks through, as settings. */
export interface Infrastructure {
  env: { NATS_URL: string; DATABASE_URL: string; MONGO_URL: string; REDIS_URL: string };
  traffic(): Promise<Traffic>;
}

/** Nodes of one engine. Their costs are added up; those of the stores are left out. */
export class Cluster extends ServerGroup {
  readonly gateways: Server[];
  readonly infrastructure: Infrastructure;

  constructor(nodes: Server[], gateways: Server[], infrastructure: Infrastructure) {
    super(nodes);
    this.gateways = gateways;
    this.infrastructure = infrastructure;
  }
}

export const ALL = serviceNames.join(",");
export const GATEWAY = "gateway";
export const CORE = serviceNames.filter((name) => name !== GATEWAY).join(",");

/** Runs `measure` on a cluster with these data, and one node for each of `roles`, which are as in SERVICES. */
export function withCluster<T>(plan: Plan, roles: string[], measure: (cluster: Cluster) => Promise<T>): Promise<T> {
  return withInfrastructure(async (infrastructure) => {
    await seed(plan, infrastructure.env);
    const nodes: Server[] = [];
    const dataDir = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
    try {
      for (const [i, role] of roles.entries()) {
        nodes.push(await startEngine({ ...infrastructure.env, DATA_DIR: dataDir, SERVICES: role, NODE_ID: `node-${i}` }));
      }
      const gateways = nodes.filter((_, i) => roles[i]?.includes(GATEWAY));
      return await measure(new Cluster(nodes, gateways, infrastructure));
    } finally {
      await Promise.all(nodes.map((node) => node.end()));
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
}

async function withInfrastructure<T>(measure: (infrastructure: Infrastructure) => Promise<T>): Promise<T> {
  const monitor = await freePort();
  const nats = await startNats([`--http_port=${monitor}`]);
  const [postgres, mongo, redis] = await Promise.all([
    startPostgres({ durable: true }),
    startMongo({ indexed: true }),
    startRedis(),
  ]);
  try {
    const env = { NATS_URL: nats.url, DATABASE_URL: postgres.url, MONGO_URL: mongo.url, REDIS_URL: redis.url };
    return await measure({ env, traffic: () => trafficOf(monitor) });
  } finally {
    await Promise.all([nats, postgres, mongo, redis].map((server) => server.remove()));
  }
}

async function trafficOf(monitor: number): Promise<Traffic> {
  const answer = await fetch(`http://127.0.0.1:${monitor}/varz`);
  const { in_msgs, out_msgs, in_bytes, out_bytes } = (await answer.json()) as Record<string, number>;
  return { packets: sum(in_msgs, out_msgs), bytes: sum(in_bytes, out_bytes) };
}

const sum = (a = 0, b = 0) => a + b;
