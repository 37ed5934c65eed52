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
  moved: Standing[];
  positions: Map<string, number>;
  more: boolean;
}

/** Entries of one conversation that are read at a time. */
const READ_AT_ONCE = 200;
/** What the entries of a page may say, in about so many characters; the read that goes beyond is the last. */
const MOST_UNITS = 4 * 1024 * 1024;

/** A page that grows, and how much may still come into it. */
interface Growing extends SyncPage {
  room: number;
  units: number;
}

/**
 * At most `limit` items of at most `conversations` of those that are behind, the liveliest conversation first. Fewer, if
 * they are large.
 */
export async function readPage(
  reader: LogReader,
  standings: Standing[],
  { limit, conversations }: { limit: number; conversations: number },
): Promise<SyncPage> {
  const page: Growing = { entries: [], moved: [], positions: new Map(), more: false, room: limit, units: MOST_UNITS };
  for (const standing of standings.filter(isBehind).sort(liveliestFirst)) {
    page.more = page.moved.length >= conversations || isFull(page) || !(await take(reader, standing, page));
    if (page.more) break;
  }
  const { entries, moved, positions, more } = page;
  return { entries, moved, positions, more };
}

const isFull = ({ room, units }: Growing): boolean => room <= 0 || units <= 0;

/** Whether it took all there is. */
async function take(reader: LogReader, standing: Standing, page: Growing): Promise<boolean> {
  const { membership, position } = standing;
  const sight = sightOf(membership);
  page.moved.push(standing);
  for (let after = position; ; ) {
    const wanted = Math.min(page.room, READ_AT_ONCE);
    const items = await reader.page(sight, after, wanted);
    const last = items.at(-1);
    after = last ? throughOf(last) : after;
    page.entries.push(...items);
    page.positions.set(sight.conversationId, after);
    page.room -= items.length;
    page.units -= items.reduce((sum, item) => sum + unitsOf(item), 0);
    if (after >= endSeq(sight)) return true;
    if (items.length < wanted || isFull(page)) return false;
  }
}

/** Roughly how long the entry is as text, without what every entry has. */
function unitsOf(entry: Entry): number {
  if (entry.kind !== "message" && entry.kind !== "edit") return 0;
  const { content, metadata, mentions } = entry;
  const attachments = entry.kind === "message" ? entry.attachments : undefined;
  const rest = metadata || mentions || attachments ? JSON.stringify([metadata, mentions, attachments]).length : 0;
  return content.length + rest;
}

const isBehind = ({ membership, position, fresh }: Standing): boolean => fresh || position < endSeq(sightOf(membership));

function liveliestFirst({ membership: a }: Standing, { membership: b }: Standing): number {
  if (a.lastAt === b.lastAt) return 0;
  return a.lastAt < b.lastAt ? 1 : -1;
}
