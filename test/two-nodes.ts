import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Middleware, ServiceBroker } from "moleculer";
import { Registry } from "prom-client";
import { uuidv7 } from "uuidv7";
import { type Config, loadConfig, type ServiceName } from "../config.ts";
import { callerOf } from "../contracts/caller.ts";
import { openToAll } from "../domain/account/account.ts";
import { engineOptions } from "../node/engine.ts";
import { openMessageStore } from "../stores/message-store.sqlite.ts";
import type { MessageStore } from "../stores/message-store.ts";
import { openPglite } from "../stores/sql.pglite.ts";
import type { Sql } from "../stores/sql.ts";
import type { Stores } from "../stores/stores.ts";
import { acquainted, type ClusterNode, metricOf } from "./cluster-node.ts";
import { useTemplate } from "./engine.ts";

/** A node of the engine; one with a gateway has the address of its HTTP edge. */
export interface EngineNode extends Omit<ClusterNode, "heard"> {
  /** `http://127.0.0.1:<port>`, without a slash at the end; empty without a gateway. */
  url: string;
  /** Whether the network takes what it says, and brings what others say. */
  connected: boolean;
  /** Whatever this node says and has one of these texts in it gets lost. */
  readonly loses: Set<string>;
}

const MESSAGES = "messages.sqlite";
/** What one node says reaches another after so long. */
const WAY_MS = 3;
/** Longer messages are refused, as NATS refuses them. */
const MOST_BYTES = 1024 * 1024;

/**
 * Several nodes of one engine in this process. What they say to each other is written out and read in again, as
 * it is between machines. They share the databases, and nothing of what each keeps in memory of the message store.
 */
export class Cluster {
  readonly #dataDir = mkdtempSync(join(tmpdir(), "switchboard-cluster-"));
  readonly #namespace = randomBytes(6).toString("hex");
  readonly #env: Record<string, string>;
  readonly #nodes = new Set<EngineNode>();
  readonly #sql: Promise<Sql>;

  /** `env`: settings of all nodes. */
  constructor(env: Record<string, string> = {}) {
    this.#env = { PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "error", NODE_ENV: "test", RATE_LIMITS: "off", ...env };
    useTemplate(this.#dataDir);
    this.#sql = openPglite(join(this.#dataDir, "accounts"));
    writeFileSync(join(this.#dataDir, MESSAGES), "");
  }

  /** Resolves when the node and all others know each other. */
  async start(name: string, services: ServiceName[]): Promise<EngineNode> {
    const metrics = new Registry();
    const options = engineOptions(this.#config(name, services), { metrics, stores: this.#storesOf(name) });
    const network = new Network();
    const middlewares = [...(options.middlewares ?? []), network.middleware];
    const broker = new ServiceBroker({ ...options, middlewares, namespace: this.#namespace, transporter: "Fake" });
    await broker.start();
    const node: EngineNode = {
      nodeID: broker.nodeID,
      broker,
      caller: callerOf(broker),
      url: services.includes("gateway") ? urlOf(broker) : "",
      get connected() {
        return network.connected;
      },
      set connected(connected) {
        network.connected = connected;
      },
      loses: network.loses,
      metric: (metric) => metricOf(metrics, metric),
      stop: async () => {
        this.#nodes.delete(node);
        await broker.stop();
      },
    };
    this.#nodes.add(node);
    await acquainted(...this.#nodes);
    return node;
  }

  /** Accounts of people who never come. */
  async strangers(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => uuidv7());
    const privacy = JSON.stringify(openToAll);
    await (await this.#sql).query(
      `INSERT INTO users (id, username, username_key, display_name, privacy, created_at, updated_at)
       SELECT id, id, id, id, $2, now(), now() FROM unnest($1::text[]) AS id`,
      [ids, privacy],
    );
    return ids;
  }

  async stop(): Promise<void> {
    for (const node of this.#nodes) await node.stop();
    await (await this.#sql).close();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** The file of messages is claimed for one node by its name, so each node has a name of its own for it. */
  #storesOf(name: string): Stores {
    let messages: Promise<MessageStore> | undefined;
    const open = () => {
      const file = join(this.#dataDir, `${name}.sqlite`);
      symlinkSync(MESSAGES, file);
      return openMessageStore(file);
    };
    return {
      sql: () => this.#sql,
      messages: () => (messages ??= open()),
      async close() {
        const store = await messages;
        await store?.participation.close();
        await store?.log.close();
      },
    };
  }

  #config(name: string, services: ServiceName[]): Config {
    return { ...loadConfig({ ...this.#env, NODE_ID: name, DATA_DIR: this.#dataDir }), services };
  }
}

type Send = (topic: string, data: Buffer, meta: object) => Promise<void>;
type Receive = (command: string, data: Buffer, socket?: object) => Promise<void>;

/** One node's way to the others. It takes its time, and keeps the order of what the node says. */
class Network {
  connected = true;
  readonly loses = new Set<string>();

  get middleware(): Middleware {
    const transporterSend =
      (send: Send): Send =>
      (...said) =>
        new Promise((resolve, reject) => {
          if (said[1].length > MOST_BYTES) return reject(new Error(`${said[0]}: ${said[1].length} bytes are too many`));
          setTimeout(() => (this.connected && !this.#isLost(said[1]) ? send(...said).then(resolve, reject) : resolve()), WAY_MS);
        });
    const transporterReceive =
      (receive: Receive): Receive =>
      async (...heard) => {
        if (this.connected) await receive(...heard);
      };
    // Moleculer's types of these hooks give what the wrapped functions return instead of the functions.
    return { name: "Network", transporterSend, transporterReceive } as unknown as Middleware;
  }

  #isLost(data: Buffer): boolean {
    if (this.loses.size === 0) return false;
    const text = data.toString();
    return [...this.loses].some((part) => text.includes(part));
  }
}

function urlOf(broker: ServiceBroker): string {
  const { server } = broker.getLocalService("gateway") as unknown as { server: { address(): AddressInfo } };
  return `http://127.0.0.1:${server.address().port}`;
}
