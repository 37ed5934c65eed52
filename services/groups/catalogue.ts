import type { Params, Returns } from "../../contracts/caller.ts";
import type { ConversationSettings } from "../../contracts/entry.ts";
import type { GroupState } from "../../contracts/services/conversations.ts";
import type { Group } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { derivedId } from "../../domain/conversation/derived-id.ts";
import { decodeCursor, pageOf } from "../../domain/paging/cursor.ts";
import type { Groups } from "../../stores/accounts/groups.ts";
import type { Deps } from "../deps.ts";
import type { GroupFollower } from "./group-follower.ts";
import { groupOf, groupView } from "./group-view.ts";

/** Groups as a whole: founded, found and changed. Their logs decide; this asks them, and reads the projection. */
export class Catalogue {
  readonly #deps: Pick<Deps, "caller" | "newId">;
  readonly #mostMembers: number;
  readonly #groups: Groups;
  readonly #follower: GroupFollower;

  constructor({ caller, newId, config }: Pick<Deps, "caller" | "newId" | "config">, groups: Groups, follower: GroupFollower) {
    this.#deps = { caller, newId };
    this.#mostMembers = config.groupMembers;
    this.#groups = groups;
    this.#follower = follower;
  }

  async create({ viewer, draft, requestId }: Params<"groups.create">): Promise<Returns<"groups.create">> {
    const { name, description, avatarUrl, isPrivate = true, maxMembers = this.#mostMembers } = draft;
    const { caller, newId } = this.#deps;
    const { group, conversation } = await caller.call("conversations.createGroup", {
      conversationId: requestId === undefined ? newId() : derivedId(`group:${viewer.userId}:${requestId}`),
      viewer,
      type: "group",
      settings: { name, description, avatarUrl, isPrivate, maxMembers },
      memberIds: draft.memberIds ?? [],
    });
    await this.#follower.reach(group.conversationId, group.version);
    return { group: this.#shown(group), conversation };
  }

  async update(viewer: Viewer, groupId: string, changes: ConversationSettings): Promise<Group> {
    const state = await this.#deps.caller.call("conversations.update", { conversationId: groupId, viewer, changes });
    await this.#follower.reach(groupId, state.version);
    return this.#shown(state);
  }

  async get({ viewer, groupId }: Params<"groups.get">): Promise<Group> {
    return this.#shown(await this.#deps.caller.call("conversations.group", { conversationId: groupId, viewer }));
  }

  async list({ viewer, limit, cursor }: Params<"groups.list">): Promise<Returns<"groups.list">> {
    const rows = await this.#groups.ofUser(viewer.userId, limit + 1, decodeCursor(cursor, 1)?.[0]);
    return pageOf(
      rows,
      limit,
      ({ id }) => [id],
      (row) => groupView(row, this.#mostMembers),
    );
  }

  #shown(state: GroupState): Group {
    return groupOf(state, this.#mostMembers);
  }
}
