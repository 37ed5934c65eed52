import type { Returns } from "../../contracts/caller.ts";
import type { ConversationSettings, LoggedEntry } from "../../contracts/entry.ts";
import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from "../../contracts/errors.ts";
import { limits } from "../../contracts/limits.ts";
import type { GroupState, MemberRef } from "../../contracts/services/conversations.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import { asAdmin } from "./access.ts";
import { type Decision, type Moment, nextEntry } from "./decision.ts";
import { foundGroup } from "./founding.ts";
import { type ConversationState, isPresent, type Member } from "./state.ts";

export interface GroupDraft {
  conversationId: string;
  creatorId: string;
  settings: ConversationSettings;
  /** The others. */
  memberIds: string[];
  maxMembers: number;
}

export function decideCreateGroup(existing: ConversationState | null, draft: GroupDraft, moment: Moment): Decision<GroupState> {
  if (existing) return { answer: repeated(existing, draft.creatorId) };
  const userIds = [...new Set([draft.creatorId, ...draft.memberIds])];
  if (userIds.length > roomIn(draft.settings, draft.maxMembers))
    throw ValidationError.at("memberIds", "are more than the group may have");
  const founded = foundGroup(draft.conversationId, draft.settings, moment.now);
  const entry: LoggedEntry = { ...nextEntry(founded, moment, draft.creatorId), kind: "member", op: "create", userIds };
  return { founded, entry };
}

function repeated(existing: ConversationState, creatorId: string): GroupState {
  if (existing.type === "direct" || existing.ownerId !== creatorId) throw new ConflictError("this conversation exists already");
  return groupState(existing, creatorId);
}

export interface Update {
  userId: string;
  changes: ConversationSettings;
  maxMembers: number;
}

/** Only what differs becomes an entry. */
export function decideUpdate(
  existing: ConversationState | null,
  { userId, changes, maxMembers }: Update,
  moment: Moment,
): Decision<GroupState> {
  if (changes.closed && existing?.settings.closed) return { answer: visibleGroup(existing, userId) };
  const { state, member } = asAdmin(existing, userId);
  if (changes.closed && member.role !== "owner") throw new ForbiddenError("only the owner closes a group");
  if (changes.maxMembers !== undefined && (changes.maxMembers < state.present.length || changes.maxMembers > maxMembers)) {
    throw ValidationError.at("maxMembers", `must be from ${state.present.length} to ${maxMembers}`);
  }
  const differing = Object.entries(changes).filter(([key, value]) => differs(state.settings, key, value));
  if (differing.length === 0) return { answer: groupState(state, userId) };
  const entry: LoggedEntry = { ...nextEntry(state, moment, userId), kind: "update", changes: Object.fromEntries(differing) };
  return { entry };
}

/** An empty text is none. */
function differs(settings: ConversationSettings, key: string, value: unknown): boolean {
  return value !== undefined && (settings[key as keyof ConversationSettings] ?? "") !== value;
}

/** Those whom the creator named and may bring into a group; VALIDATION for strangers, FORBIDDEN for who will not be added. */
export function checkInvited(path: string, userIds: string[], known: KnownUser[]): void {
  const byId = new Map(known.map((one) => [one.user.id, one]));
  for (const userId of userIds) {
    const invited = byId.get(userId);
    if (!invited || invited.user.erased) throw ValidationError.at(path, "names a user that does not exist");
    if (invited.privacy.groups !== "everyone") throw new ForbiddenError("a user does not want to be added to groups");
  }
}

/** How many members the group may have: what it was set to, within what the engine allows. */
export function roomIn(settings: ConversationSettings, maxMembers: number): number {
  return Math.min(settings.maxMembers ?? maxMembers, maxMembers);
}

/** The group as a viewer may know it; without a viewer, for services. */
export function visibleGroup(existing: ConversationState | null, userId?: string): GroupState {
  if (!existing || existing.type === "direct") throw new NotFoundError("no such group");
  if (userId !== undefined && !existing.members.has(userId)) throw new NotFoundError("no such group");
  return groupState(existing, userId);
}

export function groupState(state: ConversationState, userId?: string): GroupState {
  const { conversationId, type, settings, ownerId, createdAt, version } = state;
  const group = { conversationId, type, settings, ownerId, memberCount: state.present.length, createdAt, version };
  const viewer = userId === undefined ? undefined : state.members.get(userId);
  return viewer && isPresent(viewer) ? { ...group, myRole: viewer.role } : group;
}

/** Who is in it now and since when, in parts or of those that are asked for; see `conversations.present`. */
export function presentMembers(
  state: ConversationState | null,
  { from, among }: { from: number; among?: string[] },
): Returns<"conversations.present"> {
  if (!state) throw new NotFoundError("no such conversation");
  const { present, version } = state;
  const since = (userId: string): [string, number] => [userId, state.members.get(userId)?.intervals.at(-1)?.from ?? 0];
  if (among) return { version, members: among.filter((userId) => isMemberNow(state, userId)).map(since) };
  const next = from + limits.membersPage < present.length ? from + limits.membersPage : undefined;
  return { version, members: present.slice(from, from + limits.membersPage).map(since), next };
}

function isMemberNow(state: ConversationState, userId: string): boolean {
  const member = state.members.get(userId);
  return member !== undefined && isPresent(member);
}

/** Present members, owner first, then by when they joined; see `conversations.members`. */
export function memberRefs(state: ConversationState, from: number): MemberRef[] {
  const joined = ({ intervals }: Member) => intervals.at(-1)?.from ?? 0;
  const present = [...state.members.values()].filter(isPresent);
  present.sort((a, b) => Number(b.role === "owner") - Number(a.role === "owner") || joined(a) - joined(b));
  const page = present.slice(from, from + limits.membersPage);
  return page.map(({ userId, role, joinedAt }) => ({ userId, role, joinedAt }));
}
