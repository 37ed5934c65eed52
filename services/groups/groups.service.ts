import type { ServiceSchema } from "moleculer";
import { serviceSchema } from "../../contracts/service.ts";
import { groups as groupsOn } from "../../stores/accounts/groups.ts";
import type { Deps } from "../deps.ts";
import { Catalogue } from "./catalogue.ts";
import { GroupFollower } from "./group-follower.ts";
import { Membership } from "./membership.ts";

/** Groups as people know them. The authority is each group's log; the list of a user's groups is a projection. */
export function groupsService(deps: Deps): ServiceSchema {
  const { caller, clock } = deps;
  let catalogue: Catalogue;
  let follower: GroupFollower;
  let membership: Membership;

  return serviceSchema<"groups">({
    name: "groups",
    actions: {
      create: (params) => catalogue.create(params),
      list: (params) => catalogue.list(params),
      get: (params) => catalogue.get(params),
      update: ({ viewer, groupId, patch }) => catalogue.update(viewer, groupId, patch),
      async close({ viewer, groupId }) {
        await catalogue.update(viewer, groupId, { closed: true });
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
      const groups = groupsOn(await deps.stores.sql());
      follower = new GroupFollower(groups, { caller, clock, logger: deps.logger("groups") });
      catalogue = new Catalogue(deps, groups, follower);
      membership = new Membership(caller, follower);
    },
    async stopped() {
      await follower?.stop();
    },
  });
}
