import type { Caller } from "../../contracts/caller.ts";
import type { FanoutSignal } from "../../contracts/services/fanout.ts";
import { RECEIPTS_BY_NAME_UP_TO } from "../../contracts/socket-events.ts";
import { type ConversationState, covers, isPresent } from "../../domain/conversation/state.ts";
import { resolveUsers } from "../resolve-users.ts";
import type { Moved, ReceiptBook } from "./receipt-book.ts";

/** Senders of messages further back than this are not told at once; they see it when they look. */
const FAR = 1000;
/** Senders told of counts in one tick: each costs a look at every member. */
const COUNTED = 32;

interface Span {
  after: number;
  through: number;
}

/** What is to be told of the cursors that moved: to the senders of what was reached, and to the user's own devices. */
export async function receiptSignals(
  book: ReceiptBook,
  moved: Map<string, Moved>,
  caller: Caller,
  now: number,
): Promise<FanoutSignal[]> {
  const { state } = book;
  if (!state || moved.size === 0) return [];
  const at = new Date(now).toISOString();
  const own = [...moved]
    .filter(([, { tellOwn }]) => tellOwn)
    .map(([userId, change]) => byName(book, userId, change, at, [userId], false));
  const others =
    state.present.length > RECEIPTS_BY_NAME_UP_TO
      ? await counts(book, state, moved, caller)
      : await names(book, state, moved, at);
  return [...own, ...others].filter((signal) => signal !== undefined);
}

/** Lets books know which of these users let others know what they read. Nobody is betrayed when it cannot be found out. */
export async function learnDiscretion(asked: { book: ReceiptBook; userIds: string[] }[], caller: Caller): Promise<void> {
  const all = [...new Set(asked.flatMap(({ userIds }) => userIds))];
  const known = await resolveUsers(caller, all).catch(() => []);
  const open = new Map(known.map(({ user, privacy }) => [user.id, privacy.readReceipts]));
  for (const { book, userIds } of asked) {
    for (const userId of userIds) {
      book.open.delete(userId);
      const isOpen = open.get(userId);
      if (isOpen !== undefined) book.open.set(userId, isOpen);
    }
  }
}

async function names(book: ReceiptBook, state: ConversationState, moved: Map<string, Moved>, at: string) {
  const signals: (FanoutSignal | undefined)[] = [];
  for (const [userId, change] of moved) {
    const senders = await sendersIn(book, spanOf(book, [[userId, change]]));
    senders.delete(userId);
    const recipients = [...senders.keys()].filter((id) => isIn(state, id));
    if (recipients.length) signals.push(byName(book, userId, change, at, recipients, !book.open.get(userId)));
  }
  return signals;
}

function byName(
  book: ReceiptBook,
  userId: string,
  { from }: Moved,
  at: string,
  recipients: string[],
  discreet: boolean,
): FanoutSignal | undefined {
  const cursor = book.cursor(userId);
  if (!cursor) return undefined;
  const delivered = cursor.deliveredSeq > from.deliveredSeq && { deliveredSeq: cursor.deliveredSeq };
  const read = !discreet && cursor.readSeq > from.readSeq && { readSeq: cursor.readSeq };
  if (!delivered && !read) return undefined;
  const data = { conversationId: book.conversationId, userId, ...delivered, ...read, at };
  return { type: "signal", event: "receipt", data, recipients };
}

async function counts(book: ReceiptBook, state: ConversationState, moved: Map<string, Moved>, caller: Caller) {
  const senders = [...(await sendersIn(book, spanOf(book, [...moved])))].filter(([id]) => isIn(state, id));
  const latest = senders.sort(([, a], [, b]) => b - a).slice(0, COUNTED);
  if (latest.length) await learnDiscretion([{ book, userIds: readersNotAskedOf(book, state, latest.at(-1)?.[1] ?? 0) }], caller);
  return latest.map(([senderId, seq]): FanoutSignal => {
    const data = { conversationId: book.conversationId, seq, ...countReached(book, state, senderId, seq) };
    return { type: "signal", event: "receipt", data, recipients: [senderId] };
  });
}

/** Whose cursors were here before this activation. */
function readersNotAskedOf(book: ReceiptBook, { present }: ConversationState, seq: number): string[] {
  return present.filter((userId) => !book.open.has(userId) && (book.cursor(userId)?.readSeq ?? 0) >= seq);
}

function countReached(book: ReceiptBook, state: ConversationState, senderId: string, seq: number) {
  let delivered = 0;
  let read = 0;
  let total = 0;
  for (const member of state.members.values()) {
    if (member.userId === senderId || !isPresent(member) || !covers(member, seq)) continue;
    const cursor = book.cursor(member.userId);
    total++;
    if (cursor && cursor.deliveredSeq >= seq) delivered++;
    if (cursor && cursor.readSeq >= seq && book.open.get(member.userId)) read++;
  }
  return { delivered, read, total };
}

/** From where the first of them was to where the last of them is. */
function spanOf(book: ReceiptBook, moved: [string, Moved][]): Span {
  const ends = moved.map(([userId]) => book.cursor(userId)?.deliveredSeq ?? 0);
  const starts = moved.map(([, { from }]) => Math.min(from.deliveredSeq, from.readSeq));
  const through = ends.reduce((a, b) => Math.max(a, b), 0);
  const after = starts.reduce((a, b) => Math.min(a, b), through);
  return { after: Math.max(after, through - FAR), through };
}

async function sendersIn({ recent, log, conversationId }: ReceiptBook, { after, through }: Span): Promise<Map<string, number>> {
  if (after >= recent.knownFrom) return recent.senders(after, through);
  const found = await log.senders(conversationId, after, through);
  return new Map(found.map(({ senderId, seq }) => [senderId, seq]));
}

function isIn(state: ConversationState, userId: string): boolean {
  const member = state.members.get(userId);
  return member !== undefined && isPresent(member);
}
