import { ForbiddenError, NotFoundError } from "../../contracts/errors.ts";
import { type ConversationState, covers, isPresent, type KnownMessage, type Member } from "./state.ts";

/** The state and this user's place in it; NOT_FOUND to who was never in it, as if there were no such conversation. */
export function asMember(state: ConversationState | null, userId: string): { state: ConversationState; member: Member } {
  const member = state?.members.get(userId);
  if (!state || !member) throw new NotFoundError("no such conversation");
  return { state, member };
}

/** As `asMember`, for a user who is in it now. */
export function asPresent(state: ConversationState | null, userId: string): { state: ConversationState; member: Member } {
  const found = asMember(state, userId);
  if (!isPresent(found.member)) throw new ForbiddenError("you are no longer in this conversation");
  return found;
}

/** As `asPresent`, for a user who wants to append. */
export function asWriter(state: ConversationState | null, userId: string): { state: ConversationState; member: Member } {
  const found = asPresent(state, userId);
  if (isClosed(found.state)) throw new ForbiddenError("this group is closed");
  return found;
}

/** Whether `asWriter` would let this member in. */
export const mayWrite = (state: ConversationState, member: Member): boolean => isPresent(member) && !isClosed(state);

const isClosed = ({ settings }: ConversationState): boolean => settings.closed === true;

/** As `asMember`, of a group. */
export function asGroupMember(state: ConversationState | null, userId: string): { state: ConversationState; member: Member } {
  if (state?.type === "direct") throw new NotFoundError("no such group");
  return asMember(state, userId);
}

/** As `asWriter`, for a user who may change the group. */
export function asAdmin(state: ConversationState | null, userId: string): { state: ConversationState; member: Member } {
  asGroupMember(state, userId);
  const found = asWriter(state, userId);
  if (found.member.role === "member") throw new ForbiddenError("only admins may do that");
  return found;
}

/** The message, if it is one of this conversation that the member may see. */
export function seenMessage(state: ConversationState, member: Member, messageId: string): KnownMessage | undefined {
  const message = state.messages.get(messageId);
  if (!message || message.entry.seq <= state.floorSeq) return undefined;
  if (!covers(member, message.entry.seq) || message.hiddenFor?.includes(member.userId)) return undefined;
  return message;
}
