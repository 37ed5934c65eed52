import type { LoggedEntry, MemberEntry, Role } from "../../contracts/entry.ts";
import { ConflictError, ForbiddenError, NotFoundError } from "../../contracts/errors.ts";
import type { MembershipChange } from "../../contracts/services/conversations.ts";
import { asAdmin, asGroupMember, asWriter } from "./access.ts";
import { type Decision, type Moment, nextEntry } from "./decision.ts";
import { roomIn } from "./group.ts";
import { type ConversationState, isPresent, type Member } from "./state.ts";

export interface Membership {
  userId: string;
  change: MembershipChange;
  /** Most members that a group of this engine may have. */
  maxMembers: number;
}

type Step = Pick<MemberEntry, "op" | "userIds" | "role"> | { seq: number };

/** Answers the `seq` of the change, or where it stands already. */
export function decideMembership(existing: ConversationState | null, asked: Membership, moment: Moment): Decision<number> {
  const { state } = asGroupMember(existing, asked.userId);
  const step = stepOf(state, asked);
  if ("seq" in step) return { answer: step.seq };
  const entry: LoggedEntry = { ...nextEntry(state, moment, asked.userId), kind: "member", ...step };
  return { entry };
}

function stepOf(state: ConversationState, { userId, change, maxMembers }: Membership): Step {
  switch (change.op) {
    case "add":
      return added(state, userId, change.userIds, maxMembers);
    case "remove":
      return change.userId === userId ? left(state, userId) : removed(state, userId, change.userId);
    case "leave":
      return left(state, userId);
    case "role":
      return givenRole(state, userId, change.userId, change.role);
  }
}

function added(state: ConversationState, by: string, userIds: string[], maxMembers: number): Step {
  asAdmin(state, by);
  const isIn = (userId: string) => {
    const member = state.members.get(userId);
    return member !== undefined && isPresent(member);
  };
  const news = [...new Set(userIds)].filter((userId) => !isIn(userId));
  if (news.length === 0) return { seq: Math.max(0, ...userIds.map((userId) => state.members.get(userId)?.asOf ?? 0)) };
  const room = roomIn(state.settings, maxMembers) - state.present.length;
  if (news.length > room) throw new ConflictError("the group has no room for so many");
  return { op: "add", userIds: news };
}

function left(state: ConversationState, userId: string): Step {
  const { member } = asWriter(state, userId);
  if (member.role === "owner") throw new ForbiddenError("give the group to someone else before you leave");
  return { op: "leave", userIds: [userId] };
}

function removed(state: ConversationState, by: string, userId: string): Step {
  asAdmin(state, by);
  const target = known(state, userId);
  if (!isPresent(target)) return { seq: target.asOf };
  if (target.role === "owner") throw new ForbiddenError("nobody removes the owner");
  return { op: "remove", userIds: [userId] };
}

function givenRole(state: ConversationState, by: string, userId: string, role: Role): Step {
  const { member } = asAdmin(state, by);
  if (member.role !== "owner") throw new ForbiddenError("only the owner gives roles");
  const target = known(state, userId);
  if (!isPresent(target)) throw new NotFoundError("no such member");
  if (target.role === role) return { seq: target.asOf };
  if (userId === by) throw new ForbiddenError("give the group to someone else instead");
  return { op: "role", userIds: [userId], role };
}

function known(state: ConversationState, userId: string): Member {
  const member = state.members.get(userId);
  if (!member) throw new NotFoundError("no such member");
  return member;
}
