/** One step of a cursor: everything up to `seq` at that time. */
export interface CursorStep {
  seq: number;
  at: string;
}

/** How far a user, all devices together, has got in a conversation. Never changed in place. */
export interface UserCursor {
  conversationId: string;
  userId: string;
  deliveredSeq: number;
  readSeq: number;
  /** `n` at `readSeq`. */
  readN: number;
  /** The last steps of each, ascending, bounded: they answer when a message was delivered or read. */
  deliveredSteps: CursorStep[];
  readSteps: CursorStep[];
}

/** Where a user says it is. What is read counts as delivered. */
export type Move = { delivered: number } | { read: number; readN: number };

/** Steps that a cursor remembers: of older messages it knows only that they were delivered or read by the first of them. */
const STEPS = 20;

export function startCursor(conversationId: string, userId: string, seq: number, n: number): UserCursor {
  const steps: CursorStep[] = [];
  return { conversationId, userId, deliveredSeq: seq, readSeq: seq, readN: n, deliveredSteps: steps, readSteps: steps };
}

/** The cursor after the move; the same one if the move leads nowhere. */
export function moved(cursor: UserCursor, move: Move, at: string): UserCursor {
  const delivered = "read" in move ? move.read : move.delivered;
  const after = delivered > cursor.deliveredSeq ? withDelivered(cursor, delivered, at) : cursor;
  if (!("read" in move) || move.read <= cursor.readSeq) return after;
  // Whoever only sends reaches and reads at once: the steps stay one list.
  const together = cursor.readSteps === cursor.deliveredSteps && after !== cursor;
  const readSteps = together ? after.deliveredSteps : stepped(cursor.readSteps, move.read, at);
  return { ...after, readSeq: move.read, readN: move.readN, readSteps };
}

/** When the message at `seq` was reached; undefined if it was not. */
export function reachedAt(steps: CursorStep[], seq: number): string | undefined {
  return steps.find((step) => step.seq >= seq)?.at;
}

function withDelivered(cursor: UserCursor, seq: number, at: string): UserCursor {
  return { ...cursor, deliveredSeq: seq, deliveredSteps: stepped(cursor.deliveredSteps, seq, at) };
}

const stepped = (steps: CursorStep[], seq: number, at: string): CursorStep[] => [...steps.slice(1 - STEPS), { seq, at }];
