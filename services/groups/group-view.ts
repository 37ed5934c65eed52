import type { ConversationSettings, Role } from "../../contracts/entry.ts";
import { ForbiddenError } from "../../contracts/errors.ts";
import type { GroupState, MemberRef } from "../../contracts/services/conversations.ts";
import type { Group } from "../../contracts/shapes.ts";

interface GroupFacts {
  id: string;
  settings: ConversationSettings;
  ownerId: string;
  memberCount: number;
  role: Role;
}

export function groupView({ id, settings, ownerId, memberCount, role }: GroupFacts, mostMembers: number): Group {
  const { name = "", description, avatarUrl, isPrivate = true, maxMembers = mostMembers, closed } = settings;
  return {
    id,
    conversationId: id,
    name,
    ...(description && { description }),
    ...(avatarUrl && { avatarUrl }),
    ownerId,
    isPrivate,
    maxMembers,
    memberCount,
    myRole: role,
    ...(closed && { closed }),
  };
}

/** The group as its member sees it; FORBIDDEN to who is one no more. */
export function groupOf(state: GroupState, mostMembers: number): Group {
  const { conversationId: id, settings, ownerId, memberCount } = state;
  return groupView({ id, settings, ownerId, memberCount, role: presentRole(state) }, mostMembers);
}

export function presentRole({ myRole }: GroupState): Role {
  if (!myRole) throw new ForbiddenError("Not a member any more");
  return myRole;
}

/** Where a member stands in the list: the owner first, then by when they joined. */
export function memberKey({ role, joinedAt, userId }: MemberRef): [string, string, string] {
  return [role === "owner" ? "0" : "1", joinedAt, userId];
}

export function compareKeys(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  if (at < 0) return 0;
  return (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}
