import { NotFoundError } from "../../../contracts/errors.ts";
import type { Sight } from "../../../domain/conversation/visibility.ts";
import type { Membership, MessageLog } from "../../../stores/message-log.ts";

/** NOT_FOUND for who never was a member, as for a conversation that is not there. */
export async function membershipOf(log: MessageLog, conversationId: string, userId: string): Promise<Membership> {
  const membership = await log.member(conversationId, userId);
  if (!membership) throw new NotFoundError("no such conversation");
  return membership;
}

/** Those in which something came after this time, in milliseconds. */
export function movedAfter(memberships: Membership[], since: number): Membership[] {
  const after = new Date(since).toISOString();
  return memberships.filter(({ lastAt }) => lastAt >= after);
}

export function sightOf({ member, floorSeq, lastSeq }: Membership): Sight {
  const { conversationId, userId, intervals } = member;
  return { conversationId, userId, intervals, floorSeq, lastSeq };
}
