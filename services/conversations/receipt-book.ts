import type { LoggedEntry } from "../../contracts/entry.ts";
import { type Move, moved, startCursor, type UserCursor } from "../../domain/conversation/cursor.ts";
import { RecentMessages } from "../../domain/conversation/recent-messages.ts";
import type { ConversationState, Member } from "../../domain/conversation/state.ts";
import type { MessageLog } from "../../stores/message-log.ts";
import type { ParticipationStore } from "../../stores/participation.ts";

export interface ReceiptBookParts {
  log: MessageLog;
  participation: ParticipationStore;
  /** Told when there is something to tell. */
  onMoved(book: ReceiptBook): void;
}

/** How a user's cursor moved since it was last told of. */
export interface Moved {
  /** Where it was. */
  from: { deliveredSeq: number; readSeq: number };
  /** The user's own devices cannot know it from an entry. */
  tellOwn: boolean;
}

/** The cursors of everybody in one conversation, and which of them have moved. */
export class ReceiptBook {
  readonly conversationId: string;
  readonly log: MessageLog;
  recent: RecentMessages;
  /** Whether a user lets others know what was read, of those of whom that was asked. */
  readonly open = new Map<string, boolean>();
  readonly #parts: ReceiptBookParts;
  readonly #cursors: Map<string, UserCursor>;
  #moved = new Map<string, Moved>();
  #state: ConversationState | null;

  constructor(conversationId: string, state: ConversationState | null, cursors: UserCursor[], parts: ReceiptBookParts) {
    this.conversationId = conversationId;
    this.log = parts.log;
    this.#parts = parts;
    this.#state = state;
    this.#cursors = new Map(cursors.map((cursor) => [cursor.userId, cursor]));
    this.recent = new RecentMessages(state?.lastSeq ?? 0, state?.lastN ?? 0);
  }

  /** Who is in the conversation: receipts go by what is known of that when they are told. */
  get state(): ConversationState | null {
    return this.#state;
  }

  cursor(userId: string): UserCursor | undefined {
    return this.#cursors.get(userId);
  }

  /** Entries were committed; `state` has them. Who sent a message has read up to it; who joined starts there. */
  committed(entries: LoggedEntry[], state: ConversationState | null): void {
    this.#state = state;
    const changed: UserCursor[] = [];
    const last = new Map<string, LoggedEntry>();
    for (const entry of entries) {
      this.recent.add(entry);
      if (entry.kind === "message") last.set(entry.senderId, entry);
      if (entry.kind === "member" && (entry.op === "add" || entry.op === "join")) this.#joined(entry.userIds, entry, changed);
    }
    for (const entry of last.values()) changed.push(this.#sent(entry));
    if (changed.length) this.#parts.participation.advanceUsers(changed);
  }

  /** State and cursors were taken from the store again: others may have moved both meanwhile. */
  reloaded(state: ConversationState | null, cursors: UserCursor[]): void {
    this.#state = state;
    this.learn(cursors);
    this.recent = new RecentMessages(state?.lastSeq ?? 0, state?.lastN ?? 0);
  }

  /** Takes from the store what is further than is known here. */
  learn(cursors: UserCursor[]): void {
    for (const cursor of cursors) {
      if (!isBehind(cursor, this.#cursors.get(cursor.userId))) this.#cursors.set(cursor.userId, cursor);
    }
  }

  /** `seq` is one that the member may see. */
  async move(member: Member, kind: "delivered" | "read", seq: number, at: string): Promise<void> {
    const before = this.#cursorOf(member);
    if (seq <= (kind === "read" ? before.readSeq : before.deliveredSeq)) return;
    const move: Move = kind === "read" ? { read: seq, readN: await this.#nAt(seq) } : { delivered: seq };
    const after = this.#advance(before, move, at, true);
    this.#parts.participation.advanceUsers([after]);
  }

  /** What has moved since this was last asked. */
  takeMoved(): Map<string, Moved> {
    const taken = this.#moved;
    this.#moved = new Map();
    return taken;
  }

  #sent({ seq, n, senderId, createdAt }: LoggedEntry): UserCursor {
    const before = this.#cursors.get(senderId) ?? startCursor(this.conversationId, senderId, 0, 0);
    return this.#advance(before, { read: seq, readN: n }, createdAt, false);
  }

  #joined(userIds: string[], { seq, n }: LoggedEntry, changed: UserCursor[]): void {
    for (const userId of userIds) {
      const before = this.#cursors.get(userId);
      if (before && before.readSeq >= seq - 1) continue;
      const start = { ...startCursor(this.conversationId, userId, seq - 1, n), ...stepsOf(before) };
      this.#cursors.set(userId, start);
      changed.push(start);
    }
  }

  #advance(before: UserCursor, move: Move, at: string, tellOwn: boolean): UserCursor {
    const after = moved(before, move, at);
    if (after === before) return before;
    this.#cursors.set(after.userId, after);
    const known = this.#moved.get(after.userId);
    const { deliveredSeq, readSeq } = before;
    this.#moved.set(after.userId, {
      from: known?.from ?? { deliveredSeq, readSeq },
      tellOwn: tellOwn || (known?.tellOwn ?? false),
    });
    this.#parts.onMoved(this);
    return after;
  }

  #cursorOf({ userId, intervals }: Member): UserCursor {
    return this.#cursors.get(userId) ?? startCursor(this.conversationId, userId, (intervals[0]?.from ?? 1) - 1, 0);
  }

  async #nAt(seq: number): Promise<number> {
    const known = this.recent.nAt(seq);
    if (known !== undefined) return known;
    const [next] = await this.#parts.log.entries(this.conversationId, { after: seq - 1, limit: 1 });
    if (!next) return 0;
    const { entry } = next;
    return entry.seq > seq && entry.kind === "message" ? entry.n - 1 : entry.n;
  }
}

const isBehind = (cursor: UserCursor, known: UserCursor | undefined) =>
  known !== undefined && (cursor.deliveredSeq < known.deliveredSeq || cursor.readSeq < known.readSeq);

const stepsOf = (cursor: UserCursor | undefined) =>
  cursor && { deliveredSteps: cursor.deliveredSteps, readSteps: cursor.readSteps };
