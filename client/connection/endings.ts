/** What follows the end of a link. */
export type Ending = { next: "retry" } | { next: "refresh" } | { next: "stop"; reason: "signedOut" | "replaced" };

/**
 * By close code, as the protocol has them; all others (4408 silent, 4413 frame too large, 4503 overloaded or
 * draining, 1006 gone) are waited out. Coming back after 4409 would only push the other socket out in turn.
 */
const endings: Record<number, Ending> = {
  4401: { next: "refresh" },
  4403: { next: "stop", reason: "signedOut" },
  4409: { next: "stop", reason: "replaced" },
};

export const endingOf = (code: number): Ending => endings[code] ?? { next: "retry" };
