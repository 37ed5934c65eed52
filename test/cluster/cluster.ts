import { ServiceBroker } from "moleculer";
import { loadConfig, type ServiceName } from "../../config.ts";
import { type Caller, callerOf } from "../../contracts/caller.ts";
import { brokerOptions } from "../../node/broker-options.ts";
import { EngineProcess } from "../engine-process.ts";
import { startNats } from "../servers/nats.ts";
import type { TestServer } from "../servers/test-server.ts";
import { eventually } from "./eventually.ts";

const settings = { JWT_SECRET: "a secret that all nodes share", LOG_LEVEL: "error" };

interface Node {
  name: string;
  services: ServiceName[];
  process: EngineProcess;
}

/** A service that a node knows of, and where. */
interface KnownService {
  name: string;
  nodes: string[];
}

/** Real processes of the engine, each a node, on a real NATS server, and a node here that only looks on. */
export class NodeProcesses {
  readonly nats: TestServer;
  /** Calls any of the nodes. */
  readonly caller: Caller;
  /** Ids of nodes that went, as seen here, in order; those that took their leave too. */
  readonly gone: string[] = [];
  readonly #observer: ServiceBroker;
  readonly #env: Record<string, string>;
  readonly #nodes: Node[] = [];

  private constructor(nats: TestServer, observer: ServiceBroker, env: Record<string, string>) {
    this.nats = nats;
    this.#observer = observer;
    this.caller = callerOf(observer);
    observer.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => this.gone.push(node.id));
    this.#env = { ...settings, NATS_URL: nats.url, ...env };
  }

  /** `env`: settings of all nodes. */
  static async start(env: Record<string, string> = {}): Promise<NodeProcesses> {
    const nats = await startNats();
    const config = loadConfig({ NATS_URL: nats.url, NODE_ID: "observer", LOG_LEVEL: "error" });
    const observer = new ServiceBroker({ ...brokerOptions(config), skipProcessEventRegistration: true });
    await observer.start();
    return new NodeProcesses(nats, observer, env);
  }

  /** Resolves when it is ready and all nodes know each other. */
  async add(name: string, services: ServiceName[], env: Record<string, string> = {}): Promise<EngineProcess> {
    const process = await this.launch(name, services, env);
    await this.acquainted();
    return process;
  }

  /** Resolves when it is ready, whoever knows of it. */
  async launch(name: string, services: ServiceName[], env: Record<string, string> = {}): Promise<EngineProcess> {
    const process = await EngineProcess.start(
      { ...this.#env, NODE_ID: name, SERVICES: services.join(","), ...env },
      "test/cluster/node.config.ts",
    );
    this.#nodes.push({ name, services, process });
    return process;
  }

  /** SIGTERM; resolves with its exit code. */
  end(name: string): Promise<number | null> {
    return this.#named(name).process.end("SIGTERM");
  }

  /** Starts one that ended again; resolves as `add` does. */
  async restart(name: string): Promise<void> {
    await this.#named(name).process.start();
    await this.acquainted();
  }

  /** The broker's id of a node that runs. */
  idOf(name: string): string {
    const nodes = this.#observer.registry.getNodeList({ onlyAvailable: true });
    const ids = nodes.map(({ id }) => `${id}`).filter((id) => id.startsWith(`${name}~`));
    if (ids.length !== 1) throw new Error(`${ids.length} nodes are called ${name}`);
    return ids[0] as string;
  }

  /** Resolves when each running node knows the services of all of them, in their present incarnations. */
  async acquainted(): Promise<void> {
    const running = this.#nodes.filter(({ process }) => process.isRunning);
    await eventually(async () => {
      const views = await Promise.all(running.map(({ name }) => this.#viewOf(name)));
      return views.every((view) => running.every((node) => knows(view, node, this.#tryIdOf(node.name))));
    }, 20_000);
  }

  async stop(): Promise<void> {
    await this.#observer.stop();
    await Promise.all(this.#nodes.map(({ process }) => process.remove()));
    await this.nats.remove();
  }

  #named(name: string): Node {
    const node = this.#nodes.find((one) => one.name === name);
    if (!node) throw new Error(`there is no node ${name}`);
    return node;
  }

  async #viewOf(name: string): Promise<KnownService[]> {
    const nodeID = this.#tryIdOf(name);
    if (!nodeID) return [];
    const params = { onlyAvailable: true, grouping: true };
    return this.#observer
      .call<KnownService[], typeof params>("$node.services", params, { nodeID, timeout: 1000 })
      .catch(() => []);
  }

  #tryIdOf(name: string): string | undefined {
    try {
      return this.idOf(name);
    } catch {
      return undefined;
    }
  }
}

function knows(view: KnownService[], { services }: Node, id: string | undefined): boolean {
  return services.every((service) => view.some(({ name, nodes }) => name === service && nodes.includes(id ?? "")));
}
