import type { CurrentMessage, Notice, OutboxItem } from "../../client/index.ts";

/** What an open conversation is made of, from top to bottom. `key` stays the same for as long as the row is there. */
export type ChatRow =
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string }
  | { kind: "notice"; key: string; notice: Notice }
  | { kind: "message"; key: string; message: CurrentMessage; mine: boolean; follows: boolean }
  | { kind: "pending"; key: string; item: OutboxItem; follows: boolean };

export type MessageRow = Extract<ChatRow, { kind: "message" }>;

export interface RowsInput {
  userId: string;
  messages: readonly CurrentMessage[];
  notices: readonly Notice[];
  /** Of this conversation, oldest first. */
  outbox: readonly OutboxItem[];
  /** Where reading left off, if there was more. */
  unreadAfter: number | undefined;
}

type Piece = { at: string; row: ChatRow; senderId?: string; seq?: number };

export function chatRows(input: RowsInput): ChatRow[] {
  const pieces = [...loggedPieces(input), ...pendingPieces(input)];
  const unreadFrom = pieces.find(({ seq, senderId }) => beginsUnread(input, seq, senderId));
  return pieces.flatMap((piece, i) => {
    const before = pieces[i - 1];
    const newDay = !before || dayOf(before.at) !== dayOf(piece.at);
    const unread = piece === unreadFrom;
    const follows = !newDay && !unread && piece.senderId !== undefined && piece.senderId === before?.senderId;
    const rows: ChatRow[] = [];
    if (newDay) rows.push({ kind: "day", key: `day ${dayOf(piece.at)} ${piece.row.key}`, at: piece.at });
    if (unread) rows.push({ kind: "unread", key: "unread" });
    rows.push("follows" in piece.row ? { ...piece.row, follows } : piece.row);
    return rows;
  });
}

function beginsUnread({ unreadAfter, userId }: RowsInput, seq?: number, senderId?: string): boolean {
  return unreadAfter !== undefined && seq !== undefined && seq > unreadAfter && senderId !== undefined && senderId !== userId;
}

/** A message keeps the key it had while it was on its way. */
function loggedPieces({ messages, notices, userId }: RowsInput): Piece[] {
  const said = messages.map((message): Piece => {
    const { clientMsgId, id, seq, senderId, createdAt: at } = message;
    const mine = senderId === userId;
    const key = mine && clientMsgId !== undefined ? `own ${clientMsgId}` : `message ${id}`;
    return { at, seq, senderId, row: { kind: "message", key, message, mine, follows: false } };
  });
  const happened = notices.map(
    (notice): Piece => ({
      at: notice.createdAt,
      seq: notice.seq,
      row: { kind: "notice", key: `notice ${notice.seq}`, notice },
    }),
  );
  return [...said, ...happened].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
}

function pendingPieces({ outbox, messages, userId }: RowsInput): Piece[] {
  const there = new Set(messages.filter((m) => m.senderId === userId).map(({ clientMsgId }) => clientMsgId));
  return outbox
    .filter(({ clientMsgId }) => !there.has(clientMsgId))
    .map((item) => ({
      at: item.createdAt,
      senderId: userId,
      row: { kind: "pending", key: `own ${item.clientMsgId}`, item, follows: false },
    }));
}

/** In the reader's own time. */
const dayOf = (iso: string) => new Date(iso).toDateString();
