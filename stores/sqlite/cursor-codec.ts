import type { PendingCursors } from "../participation/pending-cursors.ts";
import type { DeviceCursor, UserCursor } from "../participation.ts";
import type { DeviceCursorRow, Params, UserCursorRow } from "./commands.ts";

export function encodeCursors(cursors: PendingCursors): Params<"cursors"> {
  return { users: cursors.users.map(userRow), devices: cursors.devices.map(deviceRow) };
}

/** About how many bytes they take in the queue. */
export const weighCursors = (cursors: PendingCursors): number => cursors.size * 256;

function userRow(cursor: UserCursor): UserCursorRow {
  const { conversationId, userId, deliveredSeq, readSeq, readN, deliveredSteps, readSteps } = cursor;
  const delivered = JSON.stringify(deliveredSteps);
  const read = readSteps === deliveredSteps ? delivered : JSON.stringify(readSteps);
  return [conversationId, userId, deliveredSeq, readSeq, readN, delivered, read];
}

const deviceRow = ({ deviceId, conversationId, seq }: DeviceCursor): DeviceCursorRow => [deviceId, conversationId, seq];
