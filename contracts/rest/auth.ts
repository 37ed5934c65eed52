import { z } from "zod";
import { device, displayName, me } from "../shapes.ts";
import { id, nameText, text } from "../text.ts";
import type { RouteTable } from "./route.ts";

export const username = nameText(2, 64).regex(/^[\p{L}\p{N}_.-]+$/u, "may have letters, digits, _ . and - only");
const password = text(8, 128);
const email = z.email().max(254);
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, "is not an E.164 number");

const tokens = { accessToken: z.string(), refreshToken: z.string(), expiresIn: z.int() };

export const authRoutes = {
  "POST /auth/register": {
    summary: "Make an account",
    auth: "none",
    body: z.object({
      username,
      password,
      email: email.optional(),
      phone: phone.optional(),
      displayName: displayName.optional(),
    }),
    status: 201,
    answer: z.object({
      user: me,
      verification: z.object({ email: z.literal("sent").optional(), phone: z.literal("sent").optional() }),
    }),
  },
  "POST /auth/login": {
    summary: "Sign in on a device",
    auth: "none",
    body: z.object({
      login: z.string().min(1).max(254),
      password: z.string().min(1).max(128),
      device: z.object({ id: id.optional(), name: nameText(1, 100).optional(), platform: nameText(1, 32).optional() }).optional(),
    }),
    status: 200,
    answer: z.object({ user: me, deviceId: id, ...tokens }),
  },
  "POST /auth/refresh": {
    summary: "Exchange a refresh token for a new pair",
    auth: "none",
    body: z.object({ refreshToken: z.string().min(1).max(512), requestId: text(1, 128).optional() }),
    status: 200,
    answer: z.object(tokens),
  },
  "POST /auth/logout": { summary: "End this device's session", auth: "bearer", status: 204 },
  "GET /auth/sessions": {
    summary: "The devices that are signed in",
    auth: "bearer",
    status: 200,
    answer: z.object({ items: z.array(device) }),
  },
  "DELETE /auth/sessions/:deviceId": {
    summary: "Sign a device out; its sockets close at once",
    auth: "bearer",
    params: z.object({ deviceId: id }),
    status: 204,
  },
  "PUT /auth/password": {
    summary: "Change the password",
    auth: "bearer",
    body: z.object({ oldPassword: z.string().min(1).max(128), password }),
    status: 204,
  },
} as const satisfies RouteTable;
