import type { Entry } from "../../../contracts/entry.ts";
import { endSeq, throughOf } from "../../../domain/conversation/visibility.ts";
import type { Membership } from "../../../stores/message-log.ts";
import type { LogReader } from "./log-reader.ts";
import { sightOf } from "./members.ts";

/** A conversation, and up to where whoever asks has it. */
export interface Standing {
  membership: Membership;
  position: number;
  /** Not heard of before: it belongs to a page even if it has no entry. */
  fresh: boolean;
}

/** What one page took, and where that ends in each conversation. */
export interface SyncPage {
  entries: Entry[];
  moved: Membership[];
  positions: Map<string, number>;
  more: boolean;
}

/** At most `limit` items of at most `conversations` of those that are behind, the liveliest conversation first. */
export async function readPage(
  reader: LogReader,
  standings: Standing[],
  { limit, conversations }: { limit: number; conversations: number },
): Promise<SyncPage> {
  const page: SyncPage = { entries: [], moved: [], positions: new Map(), more: false };
  for (const standing of standings.filter(isBehind).sort(liveliestFirst)) {
    const full = page.entries.length >= limit || page.moved.length >= conversations;
    if (full || !(await take(reader, standing, limit - page.entries.length, page))) return { ...page, more: true };
  }
  return page;
}

/** Whether it took all there is. */
async function take(reader: LogReader, { membership, position }: Standing, limit: number, page: SyncPage): Promise<boolean> {
  const sight = sightOf(membership);
  const items = await reader.page(sight, position, limit);
  const last = items.at(-1);
  const through = last ? throughOf(last) : position;
  page.entries.push(...items);
  page.moved.push(membership);
  page.positions.set(sight.conversationId, through);
  return through >= endSeq(sight);
}

const isBehind = ({ membership, position, fresh }: Standing): boolean => fresh || position < endSeq(sightOf(membership));

function liveliestFirst({ membership: a }: Standing, { membership: b }: Standing): number {
  if (a.lastAt === b.lastAt) return 0;
  return a.lastAt < b.lastAt ? 1 : -1;
}
