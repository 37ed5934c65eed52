import type { Caller } from "../../contracts/caller.ts";
import { ValidationError } from "../../contracts/errors.ts";
import type { NodeStats } from "../../contracts/services/ops.ts";
import type { User } from "../../contracts/shapes.ts";
import { Nodes } from "./nodes.ts";
import { textTable } from "./text-table.ts";

export interface Command {
  usage: string;
  says: string;
  /** What to print. Rejects with a ChatError. */
  run(...args: (string | undefined)[]): Promise<string>;
}

export interface ConsoleParts {
  caller: Caller;
  /** Where that conversation's actor lives, or would. */
  ownerOf(conversationId: string): string | undefined;
}

/** What an operator may ask of a cluster, by the word after `chat`. */
export function commands({ caller, ownerOf }: ConsoleParts): Record<string, Command> {
  const nodes = new Nodes(caller);
  return {
    who: {
      usage: "who <user>",
      says: "where a user's devices are connected; by id or by username",
      run: async (user) => who(caller, await find(caller, demand(user, "a user"))),
    },
    routes: {
      usage: "routes [node]",
      says: "how many routes each router knows of each gateway, and as of which version",
      run: async (node) => routes(caller, node ? [nodes.named(node)] : caller.offering("router.stats").toSorted()),
    },
    owner: {
      usage: "owner <conversation>",
      says: "the node on which a conversation's actor lives",
      run: async (id) => ownerOf(demand(id, "a conversation")) ?? "no node runs conversations",
    },
    actors: {
      usage: "actors",
      says: "conversations active on each node, and turns that wait",
      run: () => actors(caller, nodes),
    },
    drain: {
      usage: "drain <node>",
      says: "sends a node's clients elsewhere, finishes what is under way and ends its process, as SIGTERM does",
      async run(node) {
        const nodeID = nodes.named(demand(node, "a node"));
        await caller.call("ops.end", {}, { nodeID });
        return `${nodeID} drains and ends`;
      },
    },
    kick: {
      usage: "kick <user> [device]",
      says: "closes the sockets of a user, or of one device; they may come back",
      run: async (user, deviceId) => kick(caller, await find(caller, demand(user, "a user")), deviceId),
    },
    stats: {
      usage: "stats",
      says: "each node's services, readiness, sockets, routes, actors, lag and memory",
      run: () => stats(caller, nodes),
    },
  };
}

function demand(arg: string | undefined, what: string): string {
  if (!arg) throw new ValidationError(`say ${what}`);
  return arg;
}

const find = (caller: Caller, user: string): Promise<User> => caller.call("users.find", { user });

async function who(caller: Caller, { id, username }: User): Promise<string> {
  const routes = await caller.call("router.where", { userId: id });
  const heading = `${username} (${id}): ${routes.length || "no"} device${routes.length === 1 ? "" : "s"} connected`;
  if (!routes.length) return heading;
  return `${heading}\n${textTable(
    ["device", "gateway"],
    routes.map(({ deviceId, nodeID }) => [deviceId, nodeID]),
  )}`;
}

async function routes(caller: Caller, routers: string[]): Promise<string> {
  const replicas = await Promise.all(
    routers.map(async (nodeID) => ({ nodeID, rows: await caller.call("router.stats", {}, { nodeID }) })),
  );
  const rows = replicas.flatMap(({ nodeID, rows }) => rows.map((row) => [row.nodeID, nodeID, row.routes, row.version]));
  return textTable(
    ["gateway", "as known on", "routes", "version"],
    rows.toSorted(([a], [b]) => (`${a}` < `${b}` ? -1 : 1)),
  );
}

async function kick(caller: Caller, { id, username }: User, deviceId?: string): Promise<string> {
  const routes = await caller.call("router.where", { userId: id });
  const there = new Set(routes.filter((route) => !deviceId || route.deviceId === deviceId).map(({ nodeID }) => nodeID));
  const device = deviceId ? { deviceId } : {};
  const closed = await Promise.all(
    [...there].map((nodeID) => caller.call("gateway.kick", { userId: id, ...device }, { nodeID })),
  );
  return `closed of ${username}: ${closed.reduce((sum, answer) => sum + answer.closed, 0)}`;
}

async function actors(caller: Caller, nodes: Nodes): Promise<string> {
  const all = await nodes.askAll((nodeID) => caller.call("ops.stats", {}, { nodeID }));
  return textTable(
    ["node", "active", "turns waiting"],
    all
      .filter(({ answer }) => answer?.services.includes("conversations"))
      .map(({ nodeID, answer }) => [
        nodeID,
        metric(answer, "switchboard_conversation_actors_active"),
        metric(answer, "switchboard_conversation_turns_waiting"),
      ]),
  );
}

async function stats(caller: Caller, nodes: Nodes): Promise<string> {
  const all = await nodes.askAll((nodeID) => caller.call("ops.stats", {}, { nodeID }));
  return textTable(
    ["node", "version", "ready", "sockets", "routes known", "actors", "lag ms", "MB", "services"],
    all.map(({ nodeID, answer, failure }) =>
      answer ? [nodeID, ...statsRow(answer)] : [nodeID, "", `does not answer: ${failure}`],
    ),
  );
}

function statsRow(node: NodeStats): (string | number)[] {
  return [
    node.version,
    node.notReady.length ? `not: ${node.notReady.join(", ")}` : "yes",
    metric(node, "switchboard_sockets"),
    metric(node, "switchboard_router_routes"),
    metric(node, "switchboard_conversation_actors_active"),
    Math.round(metric(node, "nodejs_eventloop_lag_p99_seconds") * 1000),
    Math.round(metric(node, "process_resident_memory_bytes") / 1e6),
    node.services.join(","),
  ];
}

const metric = (node: NodeStats | undefined, name: string) => node?.values[name] ?? 0;
