/** About how long a value is as JSON. Escapes are not counted: leave room for them. */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length + 3;
  if (typeof value !== "object" || value === null) return 8;
  let weight = 2;
  if (Array.isArray(value)) for (const part of value) weight += weightOf(part);
  else for (const key in value) weight += key.length + 4 + weightOf((value as Record<string, unknown>)[key]);
  return weight;
}
