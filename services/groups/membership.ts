import type { Caller, Params, Returns } from "../../contracts/caller.ts";
import { NotFoundError } from "../../contracts/errors.ts";
import type { MemberRef, MembershipChange } from "../../contracts/services/conversations.ts";
import type { Member } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { withinBytes } from "../../domain/pacing/within-bytes.ts";
import { decodeCursor, pageOf } from "../../domain/paging/cursor.ts";
import { resolveUsers } from "../resolve-users.ts";
import { allMembers } from "./all-members.ts";
import type { GroupFollower } from "./group-follower.ts";
import { compareKeys, memberKey, presentRole } from "./group-view.ts";

/** Who is in a group. The group's log decides; this asks it and names the people. */
export class Membership {
  readonly #caller: Caller;
  readonly #follower: GroupFollower;

  constructor(caller: Caller, follower: GroupFollower) {
    this.#caller = caller;
    this.#follower = follower;
  }

  async list({ viewer, groupId, limit, cursor }: Params<"groups.members">): Promise<Returns<"groups.members">> {
    const after = decodeCursor(cursor, 3);
    const all = (await this.#present(viewer, groupId)).map((member) => ({ member, key: memberKey(member) }));
    const rest = after ? all.filter(({ key }) => compareKeys(key, after) > 0) : all;
    rest.sort((a, b) => compareKeys(a.key, b.key));
    const page = pageOf(
      rest.slice(0, limit + 1),
      limit,
      ({ key }) => key,
      ({ member }) => member,
    );
    return { ...page, items: await this.#named(page.items) };
  }

  async add({ viewer, groupId, userIds }: Params<"groups.addMembers">): Promise<Returns<"groups.addMembers">> {
    await this.#change(viewer, groupId, { op: "add", userIds });
    const wanted = new Set(userIds);
    const members = await this.#present(viewer, groupId);
    return { items: withinBytes(await this.#named(members.filter(({ userId }) => wanted.has(userId)))) };
  }

  async setRole({ viewer, groupId, userId, role }: Params<"groups.setRole">): Promise<Member> {
    await this.#change(viewer, groupId, { op: "role", userId, role });
    const members = await this.#present(viewer, groupId);
    const [member] = await this.#named(members.filter((one) => one.userId === userId));
    if (!member) throw new NotFoundError();
    return member;
  }

  /** `me`, or one's own id, leaves. */
  async remove({ viewer, groupId, userId }: Params<"groups.removeMember">): Promise<void> {
    const leaves = userId === "me" || userId === viewer.userId;
    await this.#change(viewer, groupId, leaves ? { op: "leave" } : { op: "remove", userId });
  }

  async #change(viewer: Viewer, groupId: string, change: MembershipChange): Promise<void> {
    const { seq } = await this.#caller.call("conversations.membership", { conversationId: groupId, viewer, change });
    await this.#follower.reach(groupId, seq);
  }

  /** The members, for one of them. */
  async #present(viewer: Viewer, groupId: string): Promise<MemberRef[]> {
    presentRole(await this.#caller.call("conversations.group", { conversationId: groupId, viewer }));
    return allMembers(this.#caller, { conversationId: groupId, viewer });
  }

  async #named(members: MemberRef[]): Promise<Member[]> {
    const userIds = members.map(({ userId }) => userId);
    const known = await resolveUsers(this.#caller, userIds);
    const byId = new Map(known.map(({ user }) => [user.id, user]));
    return members.flatMap(({ userId, role, joinedAt }) => {
      const user = byId.get(userId);
      return user ? [{ user, role, joinedAt }] : [];
    });
  }
}
