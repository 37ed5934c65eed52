/** What one answer may carry between nodes: five eighths of what a transporter takes, for the rest of it needs room as well. */
export const ANSWER_BYTES = 640 * 1024;

/** How long it is as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The first of the items, as many as fit into so many bytes of JSON; at least one. */
export function withinBytes<T>(items: T[], bytes = ANSWER_BYTES): T[] {
  let left = bytes;
  for (const [i, item] of items.entries()) {
    left -= jsonBytes(item) + 1;
    if (left < 0) return items.slice(0, Math.max(i, 1));
  }
  return items;
}
