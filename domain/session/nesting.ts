/** Whether `value` has arrays or objects nested deeper than `depth`. */
export function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  for (const part of Object.values(value)) if (isDeeperThan(depth - 1, part)) return true;
  return false;
}
