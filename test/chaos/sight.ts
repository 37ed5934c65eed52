import type { Copy, LoggedEntry } from "./history.ts";

const arrivals = new Set(["create", "join", "add"]);
const departures = new Set(["leave", "remove", "ban"]);

/** What of a log one user may see: what was said while it was a member, its own coming and going with it. */
export function sightOf(log: Copy, userId: string): Copy {
  const concerns = ({ kind, userIds }: LoggedEntry) => kind === "member" && userIds?.includes(userId);
  // The log of a direct conversation says nothing of who is in it: both are.
  let inside = !log.entries.some(({ kind }) => kind === "member");
  const entries = log.entries.filter((entry) => {
    const { op = "" } = entry;
    if (!concerns(entry)) return inside;
    if (arrivals.has(op)) inside = true;
    const sees = inside;
    if (departures.has(op)) inside = false;
    return sees;
  });
  return { ...log, entries };
}
