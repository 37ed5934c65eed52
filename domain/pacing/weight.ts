/** About how long a value is as JSON. Escapes are not counted: leave room for them. */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length + 3;
  if (typeof value !== "object" || value === null) return 8;
  let weight = 2;
  for (const [key, part] of Object.entries(value)) weight += key.length + 4 + weightOf(part);
  return weight;
}
