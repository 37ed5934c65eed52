import { ServiceBroker } from "moleculer";
import { Registry } from "prom-client";
import { loadConfig } from "../../config.ts";
import type { Caller, Params } from "../../contracts/caller.ts";
import { toChatError, UnavailableError } from "../../contracts/errors.ts";
import type { FanoutItem } from "../../contracts/services/fanout.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import { allHere } from "../../domain/placement/placement.ts";
import { type ConversationReading, conversationReading } from "../../services/conversations/reading/index.ts";
import type { Deps } from "../../services/deps.ts";
import { memoryEphemeral } from "../../stores/ephemeral.memory.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { ManualClock } from "../manual-clock.ts";

/** The reading side on a real store. The services around it answer as little as it needs, and write down what they were asked. */
export class ReadingWorld {
  readonly clock = new ManualClock();
  readonly published: FanoutItem[] = [];
  readonly acknowledged: Params<"conversations.cursor">[] = [];
  readonly store: MessageStore;
  readonly reading: ConversationReading;
  /** Whether the conversations' actors take acknowledgements. */
  actorsAnswer = true;
  /** Whether `users` answers. */
  usersAnswer = true;
  /** Who does not let others know what was read. */
  readonly discreet = new Set<string>();

  constructor(store: MessageStore, env: Record<string, string> = {}) {
    this.store = store;
    this.reading = conversationReading(this.#deps(env), store);
  }

  get actions() {
    return this.reading.actions;
  }

  /** What an action answers, as a promise whether or not it is one. */
  async ask<N extends keyof ConversationReading["actions"]>(
    name: N,
    params: Parameters<ConversationReading["actions"][N]>[0],
  ): Promise<Awaited<ReturnType<ConversationReading["actions"][N]>>> {
    const run = this.actions[name] as (params: unknown) => Promise<Awaited<ReturnType<ConversationReading["actions"][N]>>>;
    return run(params);
  }

  /** The code with which an action fails. */
  async refusal<N extends keyof ConversationReading["actions"]>(
    name: N,
    params: Parameters<ConversationReading["actions"][N]>[0],
  ): Promise<string> {
    try {
      await this.ask(name, params);
      return "no refusal";
    } catch (error) {
      return toChatError(error).code;
    }
  }

  #deps(env: Record<string, string>): Deps {
    const broker = new ServiceBroker({ logger: false });
    return {
      config: loadConfig({ NODE_ENV: "test", ...env }),
      clock: this.clock,
      caller: this.#caller(),
      logger: (name) => broker.getLogger(name),
      nodeID: "test",
      stores: { messages: async () => this.store, sql: () => Promise.reject(new UnavailableError()), close: async () => {} },
      placement: allHere,
      newId: () => crypto.randomUUID(),
      metrics: new Registry(),
      ephemeral: memoryEphemeral(),
    };
  }

  #caller(): Caller {
    const answers: Record<string, (params: never) => unknown> = {
      "users.resolve": ({ userIds }: Params<"users.resolve">) => {
        if (!this.usersAnswer) throw new UnavailableError();
        return userIds.map((id) => knownUser(id, !this.discreet.has(id)));
      },
      "users.me": ({ viewer: { userId } }: Params<"users.me">) => {
        if (!this.usersAnswer) throw new UnavailableError();
        const { user, privacy } = knownUser(userId, true);
        return { ...user, privacy, verified: { email: false, phone: false } };
      },
      "fanout.publish": ({ items }: Params<"fanout.publish">) => void this.published.push(...items),
      "conversations.cursor": (params: Params<"conversations.cursor">) => {
        if (!this.actorsAnswer) throw new UnavailableError();
        this.acknowledged.push(params);
      },
    };
    return {
      call: async (name, params) => answers[name]?.(params as never) as never,
      offering: () => [],
      broadcast: () => {},
      broadcastLocal: () => {},
    };
  }
}

function knownUser(id: string, readReceipts: boolean): KnownUser {
  const everyone = {
    lastSeen: "everyone",
    photo: "everyone",
    search: "everyone",
    messages: "everyone",
    groups: "everyone",
  } as const;
  return { user: { id, username: id, displayName: id.toUpperCase() }, privacy: { ...everyone, readReceipts } };
}

/** The same store, and how often it was asked since. */
export function countingReads(store: MessageStore): { store: MessageStore; reads(): number } {
  let reads = 0;
  const counted = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        reads++;
        return value.bind(target);
      },
    });
  return { store: { log: counted(store.log), participation: counted(store.participation) }, reads: () => reads };
}
