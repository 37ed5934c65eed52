import { z } from "zod";
import { displayName, me, presence, privacy, user } from "../shapes.ts";
import { id, text } from "../text.ts";
import { page, pageQuery, type RouteTable } from "./route.ts";

export const webUrl = z.url({ protocol: /^https?$/ }).max(2048);
const userId = z.object({ id });

export const userRoutes = {
  "GET /users/me": { summary: "My account", auth: "bearer", status: 200, answer: me },
  "PATCH /users/me": {
    summary: "Change my profile; null removes a field",
    auth: "bearer",
    body: z.object({
      displayName: displayName.optional(),
      avatarUrl: webUrl.nullable().optional(),
      statusMessage: text(0, 256).nullable().optional(),
      privacy: privacy.partial().optional(),
    }),
    status: 200,
    answer: me,
  },
  "GET /users/:id": { summary: "A user", auth: "bearer", params: userId, status: 200, answer: user },
  "GET /users": {
    summary: "Find users by the beginning of their names",
    auth: "bearer",
    query: z.object({ q: text(1, 64), ...pageQuery }),
    status: 200,
    answer: page(user),
  },
  "GET /users/:id/presence": {
    summary: "Whether a user is there, as that user's privacy allows",
    auth: "bearer",
    params: userId,
    status: 200,
    answer: presence,
  },
} as const satisfies RouteTable;
