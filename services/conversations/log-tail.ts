import type { MessageLog, StoredEntry } from "../../stores/message-log.ts";

const MINUTE_MS = 60_000;
const PAGE = 500;

/** What the log got in the minute up to its entry `through`, a page of it at most. No other clock than the log's counts. */
export async function lastMinute(log: MessageLog, conversationId: string, through: number): Promise<StoredEntry[]> {
  const newest = await log.entries(conversationId, { after: 0, through, limit: PAGE, descending: true });
  const end = Date.parse(newest[0]?.entry.createdAt ?? "");
  return newest.filter(({ entry }) => end - Date.parse(entry.createdAt) < MINUTE_MS).reverse();
}

/** All entries above `after`, up to `through`. */
export async function entriesAbove(
  log: MessageLog,
  conversationId: string,
  after: number,
  through: number,
): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  for (let last = after; ; ) {
    const page = await log.entries(conversationId, { after: last, through, limit: PAGE });
    found.push(...page);
    const end = page.at(-1);
    if (!end || page.length < PAGE) return found;
    last = end.entry.seq;
  }
}
