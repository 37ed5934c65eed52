import type { ServiceName } from "../../config.ts";
import { NodeProcesses } from "../cluster/cluster.ts";
import type { EngineProcess } from "../engine-process.ts";
import { startMongo } from "../servers/mongo.ts";
import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";
import type { TestServer } from "../servers/test-server.ts";
import { Link } from "./link.ts";
import type { Part } from "./plan.ts";

const roles: Record<"gateway" | "core", ServiceName[]> = {
  gateway: ["gateway", "ops"],
  core: ["auth", "users", "groups", "conversations", "presence", "router", "fanout", "offline", "ops"],
};

const settings = {
  HEARTBEAT_MS: "2000",
  SESSION_TIMEOUT_MS: "20000",
  ACCESS_TOKEN_SECONDS: "86400",
  PRESENCE_GRACE_MS: "1000",
};
/** Of one core: nothing may depend on what a machine believes the time is. */
const CLOCK_OFFSET_MS = "300000";

interface WorldNode {
  process: EngineProcess;
  /** Its way to NATS. */
  link: Link;
}

/** A cluster of real processes and servers: two gateways and two cores, and a third core now and then. */
export class World {
  readonly servers: Record<"nats" | "mongo" | "postgres" | "redis", TestServer>;
  readonly #processes: NodeProcesses;
  readonly #nodes = new Map<string, WorldNode>();

  private constructor(servers: World["servers"], processes: NodeProcesses) {
    this.servers = servers;
    this.#processes = processes;
  }

  static async start(): Promise<World> {
    const [mongo, postgres, redis] = await Promise.all([startMongo({ indexed: true }), startPostgres(), startRedis()]);
    const urls = { MONGO_URL: mongo.url, DATABASE_URL: postgres.url, REDIS_URL: redis.url };
    const processes = await NodeProcesses.start({ ...settings, ...urls });
    const world = new World({ nats: processes.nats, mongo, postgres, redis }, processes);
    try {
      await world.#add("core1", "core");
      await world.#add("core2", "core", { CLOCK_OFFSET_MS });
      await world.#add("gateway1", "gateway");
      await world.#add("gateway2", "gateway");
      await world.whole();
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  get targets(): Record<Part, string[]> {
    const servers = { nats: ["nats"], mongo: ["mongo"], postgres: ["postgres"], redis: ["redis"] };
    return { gateway: ["gateway1", "gateway2"], core: ["core1", "core2"], ...servers, spare: ["core3"] };
  }

  get gateways(): string[] {
    return this.targets.gateway.map((name) => this.node(name).process.url);
  }

  node(name: string): WorldNode {
    const node = this.#nodes.get(name);
    if (!node) throw new Error(`there is no ${name}`);
    return node;
  }

  /** One core more; the first time it is made, then it is started again. */
  async join(name: string): Promise<void> {
    const there = this.#nodes.get(name);
    if (there) await there.process.start();
    else await this.#add(name, "core");
  }

  /** Resolves when all nodes run and know each other; rejects if one ended that nobody ended. */
  async whole(): Promise<void> {
    for (const name of [...this.targets.gateway, ...this.targets.core]) {
      const { process } = this.node(name);
      if (!process.isRunning) throw new Error(`${name} ended by itself:\n${process.output}`);
    }
    await this.#processes.acquainted();
  }

  /** What its nodes have had to say since they started. */
  get outputs(): string[] {
    return [...this.#nodes].map(([name, { process }]) => `${name}: ${process.output}`);
  }

  async stop(): Promise<void> {
    await this.#processes.stop();
    for (const { link } of this.#nodes.values()) link.close();
    const { mongo, postgres, redis } = this.servers;
    await Promise.all([mongo, postgres, redis].map((server) => server.remove()));
  }

  async #add(name: string, role: "gateway" | "core", env: Record<string, string> = {}): Promise<void> {
    const link = await Link.to(this.servers.nats.port);
    const natsUrl = `nats://127.0.0.1:${link.port}`;
    const process = await this.#processes.launch(name, roles[role], { NATS_URL: natsUrl, ...env });
    this.#nodes.set(name, { process, link });
  }
}
