import type { ServiceSchema } from "moleculer";
import type { Params, Returns } from "../../contracts/caller.ts";
import type { ConversationSettings } from "../../contracts/entry.ts";
import { ForbiddenError, ValidationError } from "../../contracts/errors.ts";
import { serviceSchema } from "../../contracts/service.ts";
import type { Group } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { decodeCursor, pageOf } from "../../domain/paging/cursor.ts";
import { type Groups, groups as groupsOn } from "../../stores/groups.ts";
import type { Deps } from "../deps.ts";
import { GroupFollower } from "./group-follower.ts";
import { groupOf, groupView, presentRole } from "./group-view.ts";
import { Membership } from "./membership.ts";

/** Groups as people know them. The authority is each group's log; the list of a user's groups is a projection. */
export function groupsService(deps: Deps): ServiceSchema {
  const { caller, clock, config } = deps;
  let groups: Groups;
  let follower: GroupFollower;
  let membership: Membership;

  async function create({ viewer, draft }: Params<"groups.create">): Promise<Returns<"groups.create">> {
    const { name, description, avatarUrl, isPrivate = true, maxMembers = config.groupMembers } = draft;
    const memberIds = [...new Set(draft.memberIds)].filter((id) => id !== viewer.userId);
    refuseTooMany(maxMembers, config.groupMembers, "maxMembers");
    refuseTooMany(memberIds.length + 1, maxMembers, "memberIds");
    await membership.requireAddable(memberIds, "memberIds");
    const settings = { name, description, avatarUrl, isPrivate, maxMembers };
    const params = { conversationId: deps.newId(), viewer, type: "group" as const, settings, memberIds };
    const { group, conversation } = await caller.call("conversations.createGroup", params);
    await follower.reach(group.conversationId, group.version);
    return { group: groupOf({ ...group, myRole: group.myRole ?? "owner" }, config.groupMembers), conversation };
  }

  async function update(viewer: Viewer, groupId: string, changes: ConversationSettings): Promise<Group> {
    refuseTooMany(changes.maxMembers ?? 0, config.groupMembers, "maxMembers");
    const state = await caller.call("conversations.update", { conversationId: groupId, viewer, changes });
    await follower.reach(groupId, state.version);
    if (state.myRole) return groupOf(state, config.groupMembers);
    return get(viewer, groupId);
  }

  async function get(viewer: Viewer, groupId: string): Promise<Group> {
    return groupOf(await caller.call("conversations.group", { conversationId: groupId, viewer }), config.groupMembers);
  }

  async function close(viewer: Viewer, groupId: string): Promise<void> {
    const role = presentRole(await caller.call("conversations.group", { conversationId: groupId, viewer }));
    if (role !== "owner") throw new ForbiddenError("Only the owner closes a group");
    await update(viewer, groupId, { closed: true });
  }

  async function list({ viewer, limit, cursor }: Params<"groups.list">): Promise<Returns<"groups.list">> {
    const rows = await groups.ofUser(viewer.userId, limit + 1, decodeCursor(cursor, 1)?.[0]);
    return pageOf(
      rows,
      limit,
      ({ id }) => [id],
      (row) => groupView(row, config.groupMembers),
    );
  }

  return serviceSchema<"groups">({
    name: "groups",
    actions: {
      create,
      list,
      get: ({ viewer, groupId }) => get(viewer, groupId),
      update: ({ viewer, groupId, patch }) => update(viewer, groupId, patch),
      close: ({ viewer, groupId }) => close(viewer, groupId),
      members: (params) => membership.list(params),
      addMembers: (params) => membership.add(params),
      setRole: (params) => membership.setRole(params),
      removeMember: (params) => membership.remove(params),
    },
    events: {
      "group.changed": (change) => follower?.changed(change),
      "group.activated": ({ conversationId, version }) => follower?.activated(conversationId, version),
    },
    async started() {
      groups = groupsOn(await deps.stores.sql());
      follower = new GroupFollower(groups, { caller, clock, logger: deps.logger("groups") });
      membership = new Membership(deps, follower);
    },
    async stopped() {
      await follower?.stop();
    },
  });
}

function refuseTooMany(count: number, most: number, path: string): void {
  if (count > most) throw ValidationError.at(path, `more than ${most}`);
}
