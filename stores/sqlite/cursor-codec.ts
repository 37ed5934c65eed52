import type { DeviceCursor, UserCursor } from "../participation.ts";
import type { PendingCursors } from "../pending-cursors.ts";
import type { DeviceCursorRow, Params, UserCursorRow } from "./commands.ts";

export function encodeCursors(cursors: PendingCursors): Params<"cursors"> {
  return { users: cursors.users.map(userRow), devices: cursors.devices.map(deviceRow) };
}

/** About how many bytes they take in the queue. */
export const weighCursors = (cursors: PendingCursors): number => cursors.size * 256;

function userRow(cursor: UserCursor): UserCursorRow {
  const { conversationId, userId, deliveredSeq, readSeq, readN, deliveredSteps, readSteps } = cursor;
  const steps = [JSON.stringify(deliveredSteps), JSON.stringify(readSteps)] as const;
  return [conversationId, userId, deliveredSeq, readSeq, readN, ...steps];
}

const deviceRow = ({ deviceId, conversationId, seq }: DeviceCursor): DeviceCursorRow => [deviceId, conversationId, seq];
