/** Sessions of a gateway that goes down come back elsewhere at this pace. */
const RECONNECTS_A_SECOND = 500;

/** When the `i`th of so many sessions is to come back, in milliseconds: neighbours far apart, evenly filled, by the golden ratio's multiples. */
export function reconnectAfter(i: number, count: number): number {
  const windowMs = Math.max(1000, (count / RECONNECTS_A_SECOND) * 1000);
  return Math.round(((i * 0.618_034) % 1) * windowMs);
}
