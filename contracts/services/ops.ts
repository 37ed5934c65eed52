/** What a node says of itself to an operator. */
export interface NodeStats {
  version: string;
  services: string[];
  notReady: string[];
  /** Of each metric that is a number, its value now, summed over its labels. */
  values: Record<string, number>;
}

/** Of one node: called by nodeID, or of this one. Every node answers them. */
export interface OpsActions {
  /** The text exposition of all metrics of this process. */
  "ops.metrics": { params: Record<string, never>; returns: { contentType: string; body: string } };
  /** What is not ready, by name; empty = ready. What the node does well enough without is `degraded`. */
  "ops.readiness": { params: Record<string, never>; returns: { notReady: string[]; degraded: string[] } };
  /** Nothing new comes to this node, its clients go elsewhere; resolves when what was under way is done. */
  "ops.drain": { params: Record<string, never>; returns: void };
  "ops.stats": { params: Record<string, never>; returns: NodeStats };
  /** Ends the process as SIGTERM does, drained first; answers before. */
  "ops.end": { params: Record<string, never>; returns: void };
}

export interface OpsEvents {
  /** The sender is about to go: no actor is placed there any more. */
  "node.draining": Record<string, never>;
}
