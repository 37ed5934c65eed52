/** One device of one user, reachable through the gateway that says so. */
export interface Route {
  userId: string;
  deviceId: string;
}

export type RouteOp = Route & { op: "bind" | "unbind" };

/** A stretch of a gateway's numbered log of route changes: `fromVersion` + ops = `version`. */
export interface RouteDelta {
  /** Broker node id of the gateway: an incarnation, and so also the epoch of its log. */
  nodeID: string;
  /** The version before the first op; each op adds one. */
  fromVersion: number;
  ops: RouteOp[];
}

export interface RouteDigest {
  nodeID: string;
  version: number;
  /** Order-independent hash of all routes at that version, hexadecimal. */
  hash: string;
}

export interface RouteSnapshot {
  nodeID: string;
  version: number;
  routes: Route[];
}

/** Part of a snapshot: all of it would be too much for one answer. */
export interface RoutePage extends RouteSnapshot {
  /** Where the next part begins, if there is one. */
  next?: number;
}

export interface RouterActions {
  /**
   * Which gateway nodes hold a socket of which of these users. `away` are gateways that vanished a short while ago;
   * `unreachable` is who has none in `nodes`. `isolated`: the asked node seems cut off, and does not really know.
   */
  "router.resolve": {
    params: { userIds: string[] };
    returns: {
      nodes: Record<string, string[]>;
      away: Record<string, string[]>;
      unreachable: string[];
      isolated: boolean;
    };
  };
  /** Where one user's devices are, for operators and presence. */
  "router.where": { params: { userId: string }; returns: { nodeID: string; deviceId: string }[] };
  /** What this node's replica holds of each gateway, for operators. */
  "router.stats": { params: Record<string, never>; returns: { nodeID: string; routes: number; version: number }[] };
}

export interface RouterEvents {
  /** A gateway's changes, batched for at most 20 ms, the first at once. */
  "route.changed": RouteDelta;
  "route.digest": RouteDigest;
  /** From this node's replica, for this node only: who got a first route or lost the last one. */
  "route.transitions": { online: string[]; offline: string[] };
  /** From this node's replica, for this node only: the gateway stayed away, and its routes are gone. */
  "route.gone": { nodeID: string };
}

/** As of which version (`seq` of the last entry that changed the group) a group's members are meant. */
export interface GroupVersion {
  version: number;
  /** With the entry that made this version: the version before. */
  before?: number;
}

/** A frame for sockets: encoded once by the fan-out, wrapped once a protocol by the gateway. */
export interface DeliverFrame {
  event: string;
  /** The event's data as JSON text. */
  json: string;
  /** Users to whose sockets it goes. */
  to: readonly string[];
  /** And to all members of the conversation in `at`, who are not listed: the gateway knows or asks who they are. */
  members?: GroupVersion;
  /** Not to this session: it has the answer to its own request. */
  exceptSession?: string;
  /** Only to this session or device, of the users in `to`. */
  onlySession?: string;
  exceptDevice?: string;
  /** For `entry`: its place, by which the gateway keeps the order. */
  at?: { conversationId: string; seq: number };
}

/** A place in a conversation that a gateway was not heard to take. */
export interface MissedHead {
  conversationId: string;
  seq: number;
  /** Whom the entry there was for, of those with a socket at that gateway. */
  to: readonly string[];
  /** And all members of the conversation. */
  members?: GroupVersion;
}

/** So many frames that are not answered yet make a gateway answer at once. */
export const ACKNOWLEDGED_AT = 32;

export interface GatewayActions {
  /**
   * Accepts the frames, in order; bounded: OVERLOADED when the gateway is too far behind. Answered a little later, with
   * other calls, unless ACKNOWLEDGED_AT frames are unanswered. Called by nodeID.
   */
  "gateway.deliver": { params: { frames: DeliverFrame[] }; returns: { accepted: number } };
  /** Frames up to there were sent here and not acknowledged: whatever did not arrive is fetched from the store. Called by nodeID. */
  "gateway.missed": { params: { heads: MissedHead[] }; returns: void };
  /**
   * All routes of this gateway, as they are now. Called by nodeID; `version` and `from` ask for the next part of the
   * snapshot of that version: NOT_FOUND when that was too long ago.
   */
  "gateway.routes": { params: { version?: number; from?: number }; returns: RoutePage };
  /**
   * Some nodes did not know of these users' sockets here, so they may have missed something: tells them once more where
   * their conversations end, those that moved after `since` (milliseconds; by default all). Without `userIds`: all here.
   * Called by nodeID.
   */
  "gateway.lookAgain": { params: { userIds?: string[]; since?: number }; returns: void };
  /** Sends all clients away, spread over time; resolves when they are gone and their routes unbound. */
  "gateway.drain": { params: Record<string, never>; returns: void };
  /** Ends the sessions of a user, or of one device, on this gateway; they may come back. For operators. */
  "gateway.kick": { params: { userId: string; deviceId?: string }; returns: { closed: number } };
}

/** A session's life, told by the gateway that holds it. */
export interface SessionEvents {
  "session.closed": { userId: string; deviceId: string; sessionId: string };
}
