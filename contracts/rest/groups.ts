import { z } from "zod";
import { role } from "../entry.ts";
import { limits } from "../limits.ts";
import { conversation, group, member } from "../shapes.ts";
import { id, nameText, removable, text } from "../text.ts";
import { page, pageQuery, type RouteTable } from "./route.ts";
import { webUrl } from "./users.ts";

const groupId = z.object({ id });
const memberId = z.object({ id, userId: id });

const description = text(0, 1000);
const size = {
  isPrivate: z.boolean().optional(),
  maxMembers: z.int().min(1).max(limits.groupMembers).optional(),
};

export const groupRoutes = {
  "POST /groups": {
    summary: "Make a group",
    auth: "bearer",
    body: z.object({
      name: nameText(1, 100),
      description: description.optional(),
      avatarUrl: webUrl.optional(),
      ...size,
      memberIds: z.array(id).max(limits.membersPerEntry).optional(),
      type: z.literal("group").optional(),
    }),
    status: 201,
    answer: z.object({ group, conversation }),
  },
  "GET /groups": { summary: "The groups I am in", auth: "bearer", query: z.object(pageQuery), status: 200, answer: page(group) },
  "GET /groups/:id": { summary: "A group", auth: "bearer", params: groupId, status: 200, answer: group },
  "PATCH /groups/:id": {
    summary: "Rename or describe a group (admins); null removes a field",
    auth: "bearer",
    params: groupId,
    body: z.object({
      name: nameText(1, 100).optional(),
      description: removable(description).optional(),
      avatarUrl: removable(webUrl).optional(),
      ...size,
    }),
    status: 200,
    answer: group,
  },
  "DELETE /groups/:id": {
    summary: "Close a group: read-only from then on (owner)",
    auth: "bearer",
    params: groupId,
    status: 204,
  },
  "GET /groups/:id/members": {
    summary: "Who is in it",
    auth: "bearer",
    params: groupId,
    query: z.object(pageQuery),
    status: 200,
    answer: page(member),
  },
  "POST /groups/:id/members": {
    summary: "Add members (admins)",
    auth: "bearer",
    params: groupId,
    body: z.object({ userIds: z.array(id).min(1).max(limits.membersPerEntry) }),
    status: 201,
    answer: z.object({ items: z.array(member) }),
  },
  "PATCH /groups/:id/members/:userId": {
    summary: "Change a role; giving `owner` makes the giver admin (owner)",
    auth: "bearer",
    params: memberId,
    body: z.object({ role }),
    status: 200,
    answer: member,
  },
  "DELETE /groups/:id/members/:userId": {
    summary: "Remove a member (admins), or leave (`me`)",
    auth: "bearer",
    params: memberId,
    status: 204,
  },
} as const satisfies RouteTable;
