import type { Caller } from "../../../../contracts/caller.ts";
import type { HandlersOf } from "../handler.ts";

export const authHandlers = ({ call }: Caller): HandlersOf<"auth"> => ({
  "POST /auth/register": ({ body }, { ip }) => call("auth.register", { ...body, ip }),
  "POST /auth/login": ({ body }, { ip }) => call("auth.login", { ...body, ip }),
  "POST /auth/refresh": ({ body }) => call("auth.refresh", body),
  "POST /auth/logout": (_, { viewer }) => call("auth.logout", { viewer }),
  "GET /auth/sessions": (_, { viewer }) => call("auth.sessions", { viewer }),
  "DELETE /auth/sessions/:deviceId": ({ params }, { viewer }) => call("auth.revoke", { viewer, ...params }),
  "PUT /auth/password": ({ body }, { viewer }) => call("auth.changePassword", { viewer, ...body }),
});
