import type { ConversationPatch, UserChange } from "../contracts/shapes.ts";
import type { CursorStep, UserCursor } from "../domain/conversation/cursor.ts";

export type { CursorStep, UserCursor };

/** A device's cursor in a conversation: up to `seq` it has stored what it got. */
export interface DeviceCursor {
  deviceId: string;
  conversationId: string;
  seq: number;
}

export type ParticipantSettings = Required<Pick<ConversationPatch, "muted" | "pinned" | "archived">> & { draft?: string };

/** A message that a user deleted for itself. */
export interface HiddenMessage {
  conversationId: string;
  seq: number;
}

/** What a user's other devices must hear of; numbered per user, 1, 2, 3 … */
export interface NumberedChange {
  changeSeq: number;
  /** "conversation" and "reset" are made into `conversations` and `resets` of a sync when read; a profile is looked up. */
  change:
    | Exclude<UserChange, { op: "profile" }>
    | { op: "profile" }
    | { op: "conversation"; conversationId: string }
    | { op: "reset"; conversationId: string };
}

/** So many changes of a user are kept. A device that has missed more than those reads everything afresh. */
export const changesKept = 10_000;

/**
 * What each user and device keeps about conversations, beside the log. Guarantees:
 * - Cursors never go back: writing a lower one changes nothing.
 * - `advance` resolves at once; it is written behind (within 250 ms) and flushed by `flush` and `close`. Every read
 *   on this node sees it at once, on another one when it is written. Losing the last ones with the process only
 *   delivers again.
 * - `set…`, `hide`, `record` are durable when they resolve.
 */
export interface ParticipationStore {
  advanceUsers(cursors: UserCursor[]): void;
  advanceDevices(cursors: DeviceCursor[]): void;
  /** Makes what `advance…` was given durable. */
  flush(): Promise<void>;

  /** The cursors of all who ever moved one in this conversation. */
  cursorsOf(conversationId: string): Promise<UserCursor[]>;
  /**
   * This user's cursor in those of these conversations (all if absent) that it is or was a member of, at 0 where it
   * never moved one, and the lowest of the present other members' (0 if there are none).
   */
  cursorsFor(
    userId: string,
    conversationIds?: string[],
  ): Promise<{ mine: UserCursor; others: { deliveredSeq: number; readSeq: number } }[]>;
  deviceCursors(deviceId: string): Promise<Map<string, number>>;
  /**
   * Up to where everybody has the conversation: the lowest of the present members' `deliveredSeq`, 0 for one who never
   * moved it, and of the cursors of all devices that have one there. undefined if there is nobody.
   */
  lowestCursor(conversationId: string): Promise<number | undefined>;
  forgetDevice(deviceId: string): Promise<void>;

  settings(userId: string): Promise<Map<string, ParticipantSettings>>;
  /** Sets what is given, keeps the rest; answers the whole. An empty draft is no draft. */
  setSettings(userId: string, conversationId: string, patch: ConversationPatch): Promise<ParticipantSettings>;

  /** false if it was hidden already. */
  hide(userId: string, message: HiddenMessage): Promise<boolean>;
  /** Ascending, within (after, through]. */
  hiddenIn(userId: string, conversationId: string, after: number, through: number): Promise<number[]>;
  /** How many hidden messages lie above `readSeq`, for each conversation that has any. */
  hiddenAbove(userId: string, cursors: { conversationId: string; after: number }[]): Promise<Map<string, number>>;

  /** Numbers a change and keeps it for the user's devices; answers its number. The last `changesKept` are kept at least. */
  record(userId: string, change: NumberedChange["change"]): Promise<number>;
  /** Those above `after` that are kept: if there are older ones that are not, the first one's number shows it. */
  changes(userId: string, after: number, limit: number): Promise<NumberedChange[]>;
  lastChange(userId: string): Promise<number>;

  close(): Promise<void>;
}
