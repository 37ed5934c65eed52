import type { Entry } from "../../contracts/entry.ts";
import type { RouteInput, RouteName } from "../../contracts/rest/index.ts";
import type { Conversation, Me, User } from "../../contracts/shapes.ts";
import type { SendAnswer } from "../../contracts/socket-events.ts";
import { Already, type Handler, type HandlersOf } from "../../services/gateway/http/handler.ts";

declare const me: Me;
declare const user: User;
declare const conversation: Conversation;
declare const answer: SendAnswer;
declare const entries: Entry[];

/** What a row lets in, whatever comes out. */
type Lenient<N extends RouteName> = (...asked: Parameters<Handler<N>>) => unknown;

/** A handler answers what its row of the table says, from what its row lets in. */
export const handlers = {
  me: (async () => me) satisfies Handler<"GET /users/me">,
  other: (async ({ params }) => ({ ...user, id: params.id })) satisfies Handler<"GET /users/:id">,
  opened: (async () => new Already(conversation)) satisfies Handler<"POST /conversations">,
  entries: (async ({ query }) => ({
    items: entries,
    lastSeq: query.after,
    epoch: 0,
  })) satisfies Handler<"GET /conversations/:id/entries">,
  logout: (async (_, { viewer }) => void viewer.userId) satisfies Handler<"POST /auth/logout">,

  // @ts-expect-error a user is not all of me
  lessThanMe: (async () => user) satisfies Handler<"GET /users/me">,
  // @ts-expect-error a field has the wrong type
  wrongField: (async () => ({ ...me, displayName: 5 })) satisfies Handler<"GET /users/me">,
  // @ts-expect-error one is not a page of them
  notAPage: (async () => conversation) satisfies Handler<"GET /conversations">,
  // @ts-expect-error there must be an answer
  silent: (async () => undefined) satisfies Handler<"GET /users/me">,
  // @ts-expect-error there must be no answer
  talkative: (async () => ({ ok: true })) satisfies Handler<"POST /auth/logout">,
  // @ts-expect-error this row has no second status
  already: (async () => new Already(me)) satisfies Handler<"GET /users/me">,
  // @ts-expect-error what was there already has the same shape
  alreadyElse: (async () => new Already(answer)) satisfies Handler<"POST /conversations">,
  // @ts-expect-error the row has no such path parameter
  wrongParam: (async ({ params }) => ({ ...user, id: params.userId })) satisfies Handler<"GET /users/:id">,
  // @ts-expect-error a number of the query is a number by now
  wrongQuery: (async ({ query }) => query.after.trim()) satisfies Lenient<"GET /conversations/:id/entries">,
  // @ts-expect-error who registers is nobody yet
  nobody: (async (_, { viewer }) => viewer.userId) satisfies Lenient<"POST /auth/register">,
  // @ts-expect-error there is no such row
  noRow: (async () => me) satisfies Handler<"GET /users/you">,
};

// @ts-expect-error rows of the prefix are missing
export const users: HandlersOf<"users"> = { "GET /users/me": handlers.me };

export const asked: RouteInput<"POST /conversations">["body"] = { userId: "u" };
// @ts-expect-error not what the row lets in
export const askedElse: RouteInput<"POST /conversations">["body"] = { user: "u" };
