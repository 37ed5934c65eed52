import type { ServiceSchema } from "moleculer";
import type { Params, Returns } from "../../contracts/caller.ts";
import type { ConversationSettings } from "../../contracts/entry.ts";
import { serviceSchema } from "../../contracts/service.ts";
import type { Group } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { derivedId } from "../../domain/conversation/derived-id.ts";
import { decodeCursor, pageOf } from "../../domain/paging/cursor.ts";
import { type Groups, groups as groupsOn } from "../../stores/accounts/groups.ts";
import type { Deps } from "../deps.ts";
import { GroupFollower } from "./group-follower.ts";
import { groupOf, groupView } from "./group-view.ts";
import { Membership } from "./membership.ts";

/** Groups as people know them. The authority is each group's log; the list of a user's groups is a projection. */
export function groupsService(deps: Deps): ServiceSchema {
  const { caller, clock, config } = deps;
  let groups: Groups;
  let follower: GroupFollower;
  let membership: Membership;

  async function create({ viewer, draft, requestId }: Params<"groups.create">): Promise<Returns<"groups.create">> {
    const { name, description, avatarUrl, isPrivate = true, maxMembers = config.groupMembers } = draft;
    const { group, conversation } = await caller.call("conversations.createGroup", {
      conversationId: requestId === undefined ? deps.newId() : derivedId(`group:${viewer.userId}:${requestId}`),
      viewer,
      type: "group",
      settings: { name, description, avatarUrl, isPrivate, maxMembers },
      memberIds: draft.memberIds ?? [],
    });
    await follower.reach(group.conversationId, group.version);
    return { group: groupOf(group, config.groupMembers), conversation };
  }

  async function update(viewer: Viewer, groupId: string, changes: ConversationSettings): Promise<Group> {
    const state = await caller.call("conversations.update", { conversationId: groupId, viewer, changes });
    await follower.reach(groupId, state.version);
    return groupOf(state, config.groupMembers);
  }

  async function get(viewer: Viewer, groupId: string): Promise<Group> {
    return groupOf(await caller.call("conversations.group", { conversationId: groupId, viewer }), config.groupMembers);
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
      async close({ viewer, groupId }) {
        await update(viewer, groupId, { closed: true });
      },
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
      membership = new Membership(caller, follower);
    },
    async stopped() {
      await follower?.stop();
    },
  });
}
