import type { PendingCursors } from "../participation/pending-cursors.ts";
import type { DeviceCursor, UserCursor } from "../participation.ts";
import type { DeviceCursorRow, Params, UserCursorRow } from "./commands.ts";

/** Cursors in one write: messages do not wait behind all of them. */
const AT_ONCE = 100;

export function* encodeCursors({ users, devices }: PendingCursors): Generator<Params<"cursors">> {
  for (let i = 0; i < users.length; i += AT_ONCE) yield { users: users.slice(i, i + AT_ONCE).map(userRow), devices: [] };
  for (let i = 0; i < devices.length; i += AT_ONCE) yield { users: [], devices: devices.slice(i, i + AT_ONCE).map(deviceRow) };
}

/** About how many bytes they take in the queue. */
export const weighCursors = ({ users, devices }: Params<"cursors">): number => (users.length + devices.length) * 256;

function userRow(cursor: UserCursor): UserCursorRow {
  const { conversationId, userId, deliveredSeq, readSeq, readN, deliveredSteps, readSteps } = cursor;
  const delivered = JSON.stringify(deliveredSteps);
  const read = readSteps === deliveredSteps ? delivered : JSON.stringify(readSteps);
  return [conversationId, userId, deliveredSeq, readSeq, readN, delivered, read];
}

const deviceRow = ({ deviceId, conversationId, seq }: DeviceCursor): DeviceCursorRow => [deviceId, conversationId, seq];
