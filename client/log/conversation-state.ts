import type {
  CurrentMessage,
  EditEntry,
  Entry,
  LoggedEntry,
  MemberEntry,
  ReactionEntry,
  UpdateEntry,
} from "../../contracts/entry.ts";
import type { RouteAnswer } from "../../contracts/rest/index.ts";
import type { ServerData } from "../../contracts/socket-events.ts";

export type HistoryPage = RouteAnswer<"GET /conversations/:id/messages">;
/** What the log of a group tells beside its messages: who came and went, and what the group is called now. */
export type Notice = MemberEntry | UpdateEntry;
type ChangeEntry = Exclude<LoggedEntry, { kind: "message" } | Notice>;

interface KnownMessage {
  message: CurrentMessage;
  /** Changes up to this place are in it. */
  asOf: number;
}

/**
 * The newest part of a conversation as one user sees it now. A value: each function here makes a new one. A state
 * plus the entries above its `asOf` equals a state made anew from a later history page.
 */
export interface ConversationState {
  readonly conversationId: string;
  readonly userId: string;
  /** Ascending; nothing is missing between the first of them and the end. */
  readonly known: readonly KnownMessage[];
  readonly hasMoreBefore: boolean;
  /** Ascending: those that came since the first page was read, and those that were added from before. */
  readonly notices: readonly Notice[];
  /** Every entry up to this place has been applied. */
  readonly asOf: number;
  /** The latest changes, for pages that were read before them and come after them. */
  readonly changes: readonly ChangeEntry[];
  /** `changes` has all those above this place. */
  readonly changesAfter: number;
  /** Messages deleted for this user alone. */
  readonly hidden: ReadonlySet<string>;
  /** How far each member is known to have come. */
  readonly receipts: Readonly<Record<string, MemberReceipt>>;
}

export interface MemberReceipt {
  deliveredSeq: number;
  readSeq: number;
}

const changesKept = 500;

/** From the newest page of history. */
export function fromHistory(conversationId: string, userId: string, page: HistoryPage): ConversationState {
  const { items, hasMoreBefore, asOf } = page;
  return {
    conversationId,
    userId,
    known: items.map((message) => ({ message, asOf })),
    hasMoreBefore,
    notices: [],
    asOf,
    changes: [],
    changesAfter: asOf,
    hidden: new Set(),
    receipts: {},
  };
}

export const messagesOf = ({ known }: ConversationState): CurrentMessage[] => known.map(({ message }) => message);

/** The state after the next entry of the log; the same state if it has that already. */
export function withEntry(state: ConversationState, entry: Entry): ConversationState {
  const asOf = entry.kind === "hidden" ? entry.through : entry.seq;
  if (asOf <= state.asOf) return state;
  const after = { ...state, asOf };
  if (entry.kind === "message") return { ...after, known: [...state.known, { message: { ...entry, reactions: {} }, asOf }] };
  if (isNotice(entry)) return { ...after, notices: [...state.notices, entry] };
  return isChange(entry) ? withChange(after, entry) : after;
}

/**
 * The state with the page of messages before its first one. Undefined when the page is older than the changes that
 * are still known: it must be read again.
 */
export function withOlder(state: ConversationState, page: HistoryPage): ConversationState | undefined {
  if (page.asOf < state.changesAfter) return undefined;
  const first = state.known[0]?.message.seq ?? Number.POSITIVE_INFINITY;
  const missed = state.changes.filter(({ seq }) => seq > page.asOf);
  const older = page.items
    .filter(({ seq, id }) => seq < first && !state.hidden.has(id))
    .map((message) => missed.reduce((known, change) => changed(known, change, state.userId), { message, asOf: page.asOf }));
  return { ...state, known: [...older, ...state.known], hasMoreBefore: page.hasMoreBefore };
}

/** The state with the notices among entries that were read from the log. */
export function withNotices(state: ConversationState, entries: readonly Entry[]): ConversationState {
  const known = new Set(state.notices.map(({ seq }) => seq));
  const added = entries.filter(isNotice).filter(({ seq }) => !known.has(seq));
  return added.length ? { ...state, notices: [...state.notices, ...added].sort((a, b) => a.seq - b.seq) } : state;
}

/** The state after this user deleted a message for itself. */
export function withHidden(state: ConversationState, messageId: string): ConversationState {
  return {
    ...state,
    hidden: new Set(state.hidden).add(messageId),
    known: state.known.filter(({ message }) => message.id !== messageId),
  };
}

/** The state at `now`: what has expired by then is emptied, as no entry says so. */
export function withExpiry(state: ConversationState, now: string): ConversationState {
  const due = ({ message: { expiresAt, deletedAt } }: KnownMessage) => !deletedAt && expiresAt !== undefined && expiresAt <= now;
  if (!state.known.some(due)) return state;
  const known = state.known.map((one) =>
    due(one) ? { ...one, message: blank(one.message, one.message.expiresAt ?? now) } : one,
  );
  return { ...state, known };
}

/** The state after a receipt of one member. Receipts only move forward, and read implies delivered. */
export function withReceipt(state: ConversationState, receipt: ServerData<"receipt">): ConversationState {
  if (!("userId" in receipt)) return state;
  const before = state.receipts[receipt.userId] ?? { deliveredSeq: 0, readSeq: 0 };
  const readSeq = Math.max(before.readSeq, receipt.readSeq ?? 0);
  const deliveredSeq = Math.max(before.deliveredSeq, receipt.deliveredSeq ?? 0, readSeq);
  return { ...state, receipts: { ...state.receipts, [receipt.userId]: { deliveredSeq, readSeq } } };
}

const isNotice = (entry: Entry): entry is Notice => entry.kind === "member" || entry.kind === "update";
const isChange = (entry: Entry): entry is ChangeEntry => ["edit", "delete", "reaction", "pin"].includes(entry.kind);

function withChange(state: ConversationState, change: ChangeEntry): ConversationState {
  const all = [...state.changes, change];
  const dropped = all.length > changesKept ? all[0] : undefined;
  return {
    ...state,
    known: state.known.map((known) => changed(known, change, state.userId)),
    changes: dropped ? all.slice(1) : all,
    changesAfter: dropped?.seq ?? state.changesAfter,
  };
}

function changed(known: KnownMessage, change: ChangeEntry, userId: string): KnownMessage {
  const { message, asOf } = known;
  if (message.id !== change.target || change.seq <= asOf) return known;
  return { message: changedMessage(message, change, userId), asOf: change.seq };
}

/** A message after a change to it. One that is no more takes none. */
export function changedMessage(message: CurrentMessage, change: ChangeEntry, userId: string): CurrentMessage {
  if (message.deletedAt !== undefined) return message;
  switch (change.kind) {
    case "edit":
      return edited(message, change);
    case "delete":
      return blank(message, change.createdAt);
    case "reaction":
      return reacted(message, change, userId);
    case "pin": {
      const { pinned: _, ...rest } = message;
      return change.op === "add" ? { ...rest, pinned: true } : rest;
    }
  }
}

function edited(message: CurrentMessage, { content, metadata, mentions, createdAt }: EditEntry): CurrentMessage {
  return { ...message, content, ...(metadata && { metadata }), ...(mentions && { mentions }), editedAt: createdAt };
}

/** The server appends a reaction only if it changes something, so counting is exact. */
const nobody = { count: 0, me: false };

function reacted(message: CurrentMessage, { emoji, op, senderId }: ReactionEntry, userId: string): CurrentMessage {
  const { [emoji]: known = nobody, ...others } = message.reactions;
  const before = Object.hasOwn(message.reactions, emoji) ? known : nobody;
  const count = before.count + (op === "add" ? 1 : -1);
  const me = senderId === userId ? op === "add" : before.me;
  return { ...message, reactions: count > 0 ? { ...others, [emoji]: { count, me } } : others };
}

function blank(message: CurrentMessage, deletedAt: string): CurrentMessage {
  const { metadata, mentions, attachments, editedAt, pinned, ...rest } = message;
  return { ...rest, content: "", deletedAt, reactions: {} };
}
