export interface OpsActions {
  /** The text exposition of all metrics of this process. */
  "ops.metrics": { params: Record<string, never>; returns: { contentType: string; body: string } };
  /** What is not ready, by name; empty = ready. */
  "ops.readiness": { params: Record<string, never>; returns: { notReady: string[] } };
}
