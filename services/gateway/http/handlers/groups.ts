import type { Caller } from "../../../../contracts/caller.ts";
import type { HandlersOf } from "../handler.ts";

export const groupHandlers = ({ call }: Caller): HandlersOf<"groups"> => ({
  "POST /groups": ({ body: { type: _, ...draft } }, { viewer, requestId }) => call("groups.create", { viewer, draft, requestId }),
  "GET /groups": ({ query }, { viewer }) => call("groups.list", { viewer, ...query }),
  "GET /groups/:id": ({ params }, { viewer }) => call("groups.get", { viewer, groupId: params.id }),
  "PATCH /groups/:id": ({ params, body }, { viewer }) => call("groups.update", { viewer, groupId: params.id, patch: body }),
  "DELETE /groups/:id": ({ params }, { viewer }) => call("groups.close", { viewer, groupId: params.id }),
  "GET /groups/:id/members": ({ params, query }, { viewer }) => call("groups.members", { viewer, groupId: params.id, ...query }),
  "POST /groups/:id/members": ({ params, body }, { viewer }) =>
    call("groups.addMembers", { viewer, groupId: params.id, userIds: body.userIds }),
  "PATCH /groups/:id/members/:userId": ({ params, body }, { viewer }) =>
    call("groups.setRole", { viewer, groupId: params.id, userId: params.userId, role: body.role }),
  "DELETE /groups/:id/members/:userId": ({ params }, { viewer }) =>
    call("groups.removeMember", {
      viewer,
      groupId: params.id,
      userId: params.userId === "me" ? viewer.userId : params.userId,
    }),
});
