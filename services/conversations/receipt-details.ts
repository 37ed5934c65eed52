import type { Caller, Returns } from "../../contracts/caller.ts";
import type { ReceiptDetail } from "../../contracts/shapes.ts";
import { reachedAt } from "../../domain/conversation/cursor.ts";
import { covers, isPresent } from "../../domain/conversation/state.ts";
import { withinBytes } from "../../domain/pacing/within-bytes.ts";
import { decodeCursor, pageOf } from "../../domain/paging/cursor.ts";
import { resolveUsers } from "../resolve-users.ts";
import type { FoundMessage } from "./commands.ts";
import type { ReceiptBook } from "./receipt-book.ts";

/**
 * Who has the message and who has read it, of those present now who may see it, without its sender. The counts are of
 * all; the items, by user id, are those behind `cursor`, as many as fit into one answer.
 */
export async function receiptDetails(
  { message, state }: FoundMessage,
  book: ReceiptBook,
  caller: Caller,
  cursor?: string,
): Promise<Returns<"conversations.receipts">> {
  const [after = ""] = decodeCursor(cursor, 1) ?? [];
  const { seq, senderId } = message.entry;
  const readers = [...state.members.values()].filter(
    (member) =>
      member.userId !== senderId && isPresent(member) && covers(member, seq) && !message.hiddenFor?.includes(member.userId),
  );
  const userIds = readers.map((member) => member.userId).sort();
  const known = await resolveUsers(caller, userIds);
  const open = new Set(known.filter(({ privacy }) => privacy.readReceipts).map(({ user }) => user.id));
  const items = userIds.map((userId) => detail(book, userId, seq, open.has(userId)));
  const delivered = items.filter((item) => item.deliveredAt !== undefined).length;
  const read = items.filter((item) => item.readAt !== undefined).length;
  const left = items.filter(({ userId }) => userId > after);
  const page = pageOf(left, withinBytes(left).length, keyOf, (item) => item);
  return { ...page, delivered, read, total: items.length };
}

const keyOf = ({ userId }: ReceiptDetail) => [userId];

function detail(book: ReceiptBook, userId: string, seq: number, open: boolean): ReceiptDetail {
  const cursor = book.cursor(userId);
  const deliveredAt = cursor && reachedAt(cursor.deliveredSteps, seq);
  const readAt = open && cursor ? reachedAt(cursor.readSteps, seq) : undefined;
  return { userId, ...(deliveredAt && { deliveredAt }), ...(readAt && { readAt }) };
}
