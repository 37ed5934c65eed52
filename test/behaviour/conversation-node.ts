import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBroker } from "moleculer";
import { Registry } from "prom-client";
import { loadConfig } from "../../config.ts";
import type { ActionName, Actions, Caller, EventName, Events, Params } from "../../contracts/caller.ts";
import type { Clock } from "../../contracts/clock.ts";
import { systemClock } from "../../contracts/clock.ts";
import type { LoggedEntry } from "../../contracts/entry.ts";
import { UnavailableError } from "../../contracts/errors.ts";
import type { FanoutItem } from "../../contracts/services/fanout.ts";
import type { Privacy } from "../../contracts/shapes.ts";
import type { OutgoingMessage } from "../../contracts/socket-events.ts";
import { openToAll } from "../../domain/account/account.ts";
import { allHere, type Placement } from "../../domain/placement/placement.ts";
import { conversationReading } from "../../services/conversations/reading/index.ts";
import { ConversationWriting } from "../../services/conversations/writing.ts";
import type { Deps } from "../../services/deps.ts";
import { memoryEphemeral } from "../../stores/ephemeral.memory.ts";
import type { MessageLog } from "../../stores/message-log.ts";
import { openMessageStore } from "../../stores/message-store.sqlite.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { metricOf } from "../cluster-node.ts";

const silent = new ServiceBroker({ logger: false });

export interface NodeOptions {
  clock?: Clock;
  /** Opens the store; SQLite in the node's folder if absent. */
  open?(): Promise<MessageStore>;
  /** Stands between the actors and the real log. */
  log?(inner: MessageLog): MessageLog;
  env?: Record<string, string>;
  placement?: Placement;
  /** The nodes that have conversations. */
  offering?(): string[];
  /** By which cursors are written behind. */
  storeClock?: Clock;
  /** Stands before the whole store. */
  watch?: (store: MessageStore) => MessageStore;
}

/** The services around the conversations, as far as those call them: they record what they are told. */
class Surroundings implements Caller {
  readonly published: FanoutItem[] = [];
  readonly events: { name: EventName; payload: unknown }[] = [];
  readonly privacy = new Map<string, Partial<Privacy>>();
  readonly strangers = new Set<string>();
  readonly away = new Set<string>();
  /** Actions that answer UNAVAILABLE. */
  readonly failing = new Set<ActionName>();

  readonly #actions: { [N in ActionName]?: (params: Actions[N]["params"]) => Actions[N]["returns"] } = {
    "fanout.publish": ({ items }) => void this.published.push(...items),
    "router.resolve": ({ userIds }) => ({
      nodes: {},
      away: {},
      isolated: false,
      unreachable: userIds.filter((userId) => this.away.has(userId)),
    }),
    "users.resolve": ({ userIds }) =>
      userIds
        .filter((userId) => !this.strangers.has(userId))
        .map((id) => ({ user: { id, username: id, displayName: id }, privacy: { ...openToAll, ...this.privacy.get(id) } })),
  };

  async call<N extends ActionName>(name: N, params: Params<N>): Promise<Actions[N]["returns"]> {
    if (this.failing.has(name)) throw new UnavailableError();
    const action = this.#actions[name];
    if (!action) throw new Error(`nobody offers ${name} here`);
    return action(params);
  }

  offering: () => string[] = () => [];

  broadcast<N extends EventName>(name: N, payload: Events[N]): void {
    this.events.push({ name, payload });
  }

  broadcastLocal<N extends EventName>(name: N, payload: Events[N]): void {
    this.events.push({ name, payload });
  }
}

export type Signal = Extract<FanoutItem, { type: "signal" }>;

/** The conversations of one node on a real store in a folder of its own, and whatever they tell the others. */
export class ConversationNode {
  readonly around = new Surroundings();
  readonly store: MessageStore;
  readonly #deps: Deps;
  readonly #log: MessageLog;
  readonly #folder: string;
  #metrics = new Registry();
  writing: ConversationWriting;

  static async start(options: NodeOptions = {}): Promise<ConversationNode> {
    const folder = mkdtempSync(join(tmpdir(), "switchboard-conversations-"));
    const sqlite = () => openMessageStore(join(folder, "messages.sqlite"), { clock: options.storeClock });
    const { open = sqlite, watch = (store) => store } = options;
    return new ConversationNode(folder, watch(await open()), options);
  }

  private constructor(folder: string, store: MessageStore, options: NodeOptions) {
    const { clock = systemClock, log = (inner) => inner, env, placement = allHere, offering } = options;
    if (offering) this.around.offering = offering;
    this.#folder = folder;
    this.store = store;
    this.#log = log(store.log);
    this.#deps = {
      config: loadConfig({ NODE_ENV: "test", ...env }),
      clock,
      caller: this.around,
      logger: (name) => silent.getLogger(name),
      nodeID: "test",
      stores: { sql: () => Promise.reject(new Error("not here")), messages: async () => store, close: async () => {} },
      placement,
      newId: randomUUID,
      metrics: new Registry(),
      ephemeral: memoryEphemeral(),
    };
    this.writing = this.#open();
  }

  #open(): ConversationWriting {
    this.#metrics = new Registry();
    const deps = { ...this.#deps, metrics: this.#metrics };
    const { viewOf } = conversationReading(deps, this.store);
    return new ConversationWriting(deps, { ...this.store, log: this.#log }, viewOf);
  }

  /** The value of one of its metrics. */
  metric(name: string): Promise<number> {
    return metricOf(this.#metrics, name);
  }

  /** Reads the store as another node does, which knows nothing of what this one has in memory. */
  async elsewhere<T>(read: (store: MessageStore) => Promise<T>): Promise<T> {
    const file = join(this.#folder, `${randomUUID()}.sqlite`);
    symlinkSync("messages.sqlite", file);
    const store = await openMessageStore(file);
    try {
      return await read(store);
    } finally {
      await store.participation.close();
      await store.log.close();
    }
  }

  /** All actors let go, and others take up their conversations. */
  async restart(): Promise<void> {
    await this.writing.stop();
    this.writing = this.#open();
  }

  async stop(): Promise<void> {
    await this.writing.stop();
    await this.store.participation.close();
    await this.store.log.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get entries(): Extract<FanoutItem, { type: "entry" }>[] {
    return this.around.published.filter((item) => item.type === "entry");
  }

  signals(event: Signal["event"]): Signal[] {
    return this.around.published.filter((item) => item.type === "signal" && item.event === event) as Signal[];
  }

  /** The whole log. */
  async logOf(conversationId: string): Promise<LoggedEntry[]> {
    return (await this.store.log.entries(conversationId, { after: 0, limit: 100_000 })).map(({ entry }) => entry);
  }
}

export const viewer = (userId: string, sessionId?: string) => ({ userId, deviceId: `${userId}-phone`, sessionId });

let made = 0;
export function text(content: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { clientMsgId: `c${made++}`, type: "text", content, ...more };
}
