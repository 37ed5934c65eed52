import type { z } from "zod";
import { authRoutes } from "./auth.ts";
import { conversationRoutes } from "./conversations.ts";
import { groupRoutes } from "./groups.ts";
import type { RouteContract } from "./route.ts";
import { userRoutes } from "./users.ts";

export const apiPrefix = "/api/v1";

/** The whole REST table but for the event stream and the probes, which are not JSON. */
export const routes = { ...authRoutes, ...userRoutes, ...groupRoutes, ...conversationRoutes };
export type RouteName = keyof typeof routes;

type Parsed<R, K extends "params" | "query" | "body"> = R extends { [P in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

/** What a handler of one row is given, already validated. */
export interface RouteInput<N extends RouteName> {
  params: Parsed<(typeof routes)[N], "params">;
  query: Parsed<(typeof routes)[N], "query">;
  body: Parsed<(typeof routes)[N], "body">;
}

/** What it must answer. */
export type RouteAnswer<N extends RouteName> = (typeof routes)[N] extends { answer: infer S extends z.ZodType }
  ? z.output<S>
  : void;

export const routeContract = (name: RouteName): RouteContract => routes[name];

/** Which POSTs an Idempotency-Key makes repeatable: those that make something, but for messages, which have their `clientMsgId`. */
export const takesIdempotencyKey = (name: RouteName): boolean =>
  name.startsWith("POST ") && routes[name].status === 201 && name !== "POST /conversations/:id/messages";
