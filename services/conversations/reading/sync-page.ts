import type { Entry } from "../../../contracts/entry.ts";
import { endSeq, throughOf } from "../../../domain/conversation/visibility.ts";
import { ANSWER_BYTES, jsonBytes } from "../../../domain/pacing/within-bytes.ts";
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
  moved: Standing[];
  positions: Map<string, number>;
  more: boolean;
}

/** Entries of one conversation that are read at a time. */
const READ_AT_ONCE = 200;
/** JSON of a page's entries; more of them wait for the next page, however few these are. */
const MOST_BYTES = (ANSWER_BYTES * 3) / 4;

/** A page that grows, and how much may still come into it. */
interface Growing extends SyncPage {
  room: number;
  bytes: number;
}

/** What one page may hold. `headBytes`: what each of the user's conversations takes of the answer beside the page. */
export interface PageLimits {
  limit: number;
  conversations: number;
  headBytes?: number;
}

/**
 * At most `limit` items of at most `conversations` of those that are behind, the liveliest conversation first. Fewer, if
 * they are large.
 */
export async function readPage(
  reader: LogReader,
  standings: Standing[],
  { limit, conversations, headBytes = 0 }: PageLimits,
): Promise<SyncPage> {
  const bytes = Math.max(ANSWER_BYTES / 4, MOST_BYTES - headBytes * standings.length);
  const page: Growing = { entries: [], moved: [], positions: new Map(), more: false, room: limit, bytes };
  for (const standing of standings.filter(isBehind).sort(liveliestFirst)) {
    page.more = page.moved.length >= conversations || isFull(page) || !(await take(reader, standing, page));
    if (page.more) break;
  }
  const { entries, moved, positions, more } = page;
  return { entries, moved, positions, more };
}

const isFull = ({ room, bytes }: Growing): boolean => room <= 0 || bytes <= 0;

/** Whether it took all there is. */
async function take(reader: LogReader, standing: Standing, page: Growing): Promise<boolean> {
  const { membership, position } = standing;
  const sight = sightOf(membership);
  page.moved.push(standing);
  for (let after = position; ; ) {
    const wanted = Math.min(page.room, READ_AT_ONCE);
    const items = fitting(await reader.page(sight, after, wanted), page);
    const last = items.at(-1);
    after = last ? throughOf(last) : after;
    page.entries.push(...items);
    page.positions.set(sight.conversationId, after);
    page.room -= items.length;
    if (after >= endSeq(sight)) return true;
    if (items.length < wanted || isFull(page)) return false;
  }
}

/** The first of them, as many as there is room for; something in any case if the page is empty. */
function fitting(items: Entry[], page: Growing): Entry[] {
  for (const [i, item] of items.entries()) {
    page.bytes -= jsonBytes(item) + 1;
    if (page.bytes < 0) return items.slice(0, i > 0 || page.entries.length > 0 ? i : 1);
  }
  return items;
}

const isBehind = ({ membership, position, fresh }: Standing): boolean => fresh || position < endSeq(sightOf(membership));

function liveliestFirst({ membership: a }: Standing, { membership: b }: Standing): number {
  if (a.lastAt === b.lastAt) return 0;
  return a.lastAt < b.lastAt ? 1 : -1;
}
