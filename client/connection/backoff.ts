/** How long to wait before trying again. */
export interface BackoffOptions {
  firstMs: number;
  mostMs: number;
}

/** Exponential, with full jitter: anything from 0 to the bound, so that a crowd cut off at once comes back spread out. */
export function backoff(attempt: number, { firstMs, mostMs }: BackoffOptions, random: () => number): number {
  return Math.round(random() * Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 30)));
}
