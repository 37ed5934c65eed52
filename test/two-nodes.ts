import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Middleware, ServiceBroker } from "moleculer";
import { Registry } from "prom-client";
import { type Config, loadConfig, type ServiceName } from "../config.ts";
import { callerOf } from "../contracts/caller.ts";
import { engineOptions } from "../services/engine.ts";
import { embeddedStores, type Stores } from "../stores/stores.ts";
import { acquainted, type ClusterNode, metricOf } from "./cluster-node.ts";
import { useTemplate } from "./engine.ts";

/** A node of the engine; one with a gateway has the address of its HTTP edge. */
export interface EngineNode extends Omit<ClusterNode, "heard"> {
  /** `http://127.0.0.1:<port>`, without a slash at the end; empty without a gateway. */
  url: string;
}

/** What one node says reaches another after so long. */
const WAY_MS = 3;

/**
 * Several nodes of one engine in this process. What they say to each other is written out and read in again, as
 * it is between machines; the stores are one, as the databases of a cluster are.
 */
export class Cluster {
  readonly #stores: Stores;
  readonly #dataDir = mkdtempSync(join(tmpdir(), "switchboard-cluster-"));
  readonly #namespace = randomBytes(6).toString("hex");
  readonly #env: Record<string, string>;
  readonly #nodes = new Set<EngineNode>();

  /** `env`: settings of all nodes. */
  constructor(env: Record<string, string> = {}) {
    this.#env = { PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "error", NODE_ENV: "test", RATE_LIMITS: "off", ...env };
    useTemplate(this.#dataDir);
    this.#stores = embeddedStores(this.#config("stores", []));
  }

  /** Resolves when the node and all others know each other. */
  async start(name: string, services: ServiceName[]): Promise<EngineNode> {
    const metrics = new Registry();
    const stores: Stores = { ...this.#stores, close: async () => undefined };
    const options = engineOptions(this.#config(name, services), { metrics, stores });
    const middlewares = [...(options.middlewares ?? []), distance];
    const broker = new ServiceBroker({ ...options, middlewares, namespace: this.#namespace, transporter: "Fake" });
    await broker.start();
    const node: EngineNode = {
      nodeID: broker.nodeID,
      broker,
      caller: callerOf(broker),
      url: services.includes("gateway") ? urlOf(broker) : "",
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

  async stop(): Promise<void> {
    for (const node of this.#nodes) await node.stop();
    await this.#stores.close();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  #config(name: string, services: ServiceName[]): Config {
    return { ...loadConfig({ ...this.#env, NODE_ID: name, DATA_DIR: this.#dataDir }), services };
  }
}

type Send = (topic: string, data: Buffer, meta: object) => Promise<void>;

const later =
  (send: Send): Send =>
  (...said) =>
    new Promise((resolve, reject) => {
      setTimeout(() => send(...said).then(resolve, reject), WAY_MS);
    });

/** The network takes its time, and keeps the order of what one node says. */
const distance: Middleware = {
  name: "Distance",
  // Moleculer's type of this hook gives what sending returns instead of the sending.
  transporterSend: later as unknown as Middleware["transporterSend"],
};

function urlOf(broker: ServiceBroker): string {
  const { server } = broker.getLocalService("gateway") as unknown as { server: { address(): AddressInfo } };
  return `http://127.0.0.1:${server.address().port}`;
}
