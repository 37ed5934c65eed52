import type { ServiceBroker } from "moleculer";
import { toChatError } from "./errors.ts";
import type { ActorsActions } from "./services/actors.ts";
import type { AuthActions, AuthEvents } from "./services/auth.ts";
import type { ConversationsActions, ConversationsEvents } from "./services/conversations.ts";
import type { FanoutActions } from "./services/fanout.ts";
import type { GroupsActions } from "./services/groups.ts";
import type { OfflineActions, OfflineEvents } from "./services/offline.ts";
import type { OpsActions, OpsEvents } from "./services/ops.ts";
import type { PresenceActions, PresenceEvents } from "./services/presence.ts";
import type { GatewayActions, RouterActions, RouterEvents, SessionEvents } from "./services/routing.ts";
import type { UsersActions, UsersEvents } from "./services/users.ts";

export interface Actions
  extends AuthActions,
    UsersActions,
    ConversationsActions,
    GroupsActions,
    RouterActions,
    GatewayActions,
    FanoutActions,
    PresenceActions,
    OfflineActions,
    OpsActions,
    ActorsActions {}

export interface Events
  extends AuthEvents,
    UsersEvents,
    ConversationsEvents,
    RouterEvents,
    PresenceEvents,
    OfflineEvents,
    OpsEvents,
    SessionEvents {}

export type ActionName = keyof Actions;
export type EventName = keyof Events;
export type Params<N extends ActionName> = Actions[N]["params"];
export type Returns<N extends ActionName> = Actions[N]["returns"];

export interface CallOptions {
  /** Call exactly this node. */
  nodeID?: string;
  /** Milliseconds; the broker's own limit by default. */
  timeout?: number;
}

/** The one way in which services reach each other. */
export interface Caller {
  /** Rejects with a ChatError; a time-out or an absent service is UNAVAILABLE. A defect comes as it was thrown. */
  call<N extends ActionName>(name: N, params: Params<N>, options?: CallOptions): Promise<Returns<N>>;
  /** The nodes that offer this action now. */
  offering(name: ActionName): string[];
  /** To every service of every node that listens. Nothing is promised about arrival, and it never throws. */
  broadcast<N extends EventName>(name: N, payload: Events[N]): void;
  /** To the services of this node only. */
  broadcastLocal<N extends EventName>(name: N, payload: Events[N]): void;
}

/** The typed calls of a node, over its broker. */
export function callerOf(broker: ServiceBroker): Caller {
  return {
    call: (name, params, options) => broker.call(name, params, options).catch(asChatError) as Promise<never>,
    offering: (name) => offering(broker, name),
    broadcast: (name, payload) => void broker.broadcast(name, payload),
    broadcastLocal: (name, payload) => void broker.broadcastLocal(name, payload),
  };
}

function offering(broker: ServiceBroker, name: ActionName): string[] {
  const endpoints = broker.registry.getActionEndpoints(name)?.endpoints ?? [];
  return endpoints.filter(({ isAvailable }) => isAvailable).map(({ id }) => id);
}

function asChatError(thrown: unknown): never {
  const error = toChatError(thrown);
  throw error.code === "INTERNAL" ? thrown : error;
}
