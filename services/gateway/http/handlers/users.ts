import type { Caller } from "../../../../contracts/caller.ts";
import type { HandlersOf } from "../handler.ts";

export const userHandlers = ({ call }: Caller): HandlersOf<"users"> => ({
  "GET /users/me": (_, { viewer }) => call("users.me", { viewer }),
  "PATCH /users/me": ({ body }, { viewer }) => call("users.updateMe", { viewer, patch: body }),
  "GET /users/:id": ({ params }, { viewer }) => call("users.get", { viewer, userId: params.id }),
  "GET /users": ({ query }, { viewer }) => call("users.search", { viewer, ...query }),
  "GET /users/:id/presence": ({ params }, { viewer }) => call("presence.get", { viewer, userId: params.id }),
});
