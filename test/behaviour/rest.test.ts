import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { ActionName } from "../../contracts/caller.ts";
import { ForbiddenError } from "../../contracts/errors.ts";
import { type RouteName, routeContract, routes } from "../../contracts/rest/index.ts";
import { directConversationId } from "../../domain/conversation/direct-id.ts";
import { type AccountsDatabase, accountsDatabase } from "../accounts-database.ts";
import { until } from "../cluster-node.ts";
import { asAda, type Behind, type Edge, json, startEdge } from "./edge.ts";

/** Calls that reached the services, in order. */
const calls: [ActionName, unknown][] = [];
/** What an action answers; what is not here answers `{}`. */
let answers: Partial<Record<ActionName, (params: never) => unknown>> = {};

const actions: ActionName[] = [
  "auth.register",
  "auth.login",
  "auth.refresh",
  "auth.logout",
  "auth.sessions",
  "auth.revoke",
  "auth.changePassword",
  "users.me",
  "users.updateMe",
  "users.get",
  "users.search",
  "presence.get",
  "groups.create",
  "groups.list",
  "groups.get",
  "groups.update",
  "groups.close",
  "groups.members",
  "groups.addMembers",
  "groups.setRole",
  "groups.removeMember",
  "conversations.list",
  "conversations.get",
  "conversations.patch",
  "conversations.openDirect",
  "conversations.history",
  "conversations.entries",
  "conversations.append",
  "conversations.cursor",
  "conversations.locate",
  "conversations.change",
  "conversations.hide",
  "conversations.receipts",
  "conversations.sync",
];

const recorded = (action: ActionName) => (params: never) => {
  calls.push([action, params]);
  return answers[action]?.(params) ?? {};
};

let accounts: AccountsDatabase;
let edge: Edge;
const polls: unknown[] = [];

beforeAll(async () => {
  accounts = await accountsDatabase();
  const behind = Object.fromEntries(actions.map((action) => [action, recorded(action)])) as Behind;
  edge = await startEdge({
    behind,
    stores: { sql: async () => accounts.sql },
    live: {
      async longPoll(viewer, query, signal) {
        polls.push({ viewer, query });
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            polls.push("gone");
            reject(new Error("nobody waits"));
          });
        });
      },
      async eventStream(_, res, viewer, lastEventId) {
        res.writeHead(200, { "Content-Type": "text/event-stream" }).end(JSON.stringify({ viewer, lastEventId }));
      },
    },
  });
}, 60_000);
afterAll(async () => {
  await edge.stop();
  await accounts.remove();
});
beforeEach(() => {
  calls.length = 0;
  answers = {};
});

const viewer = { userId: "ada", deviceId: "device-of-ada" };
const call = (path: string, init: RequestInit = { headers: asAda }) => fetch(`${edge.url}/api/v1${path}`, init);
const text = "hello";

/** Each row: the request, and the calls that it becomes. */
const table: Record<RouteName, [path: string, body: unknown, ...calls: [ActionName, unknown][]]> = {
  "POST /auth/register": [
    "/auth/register",
    { username: "ada", password: "correct horse", extra: 1 },
    ["auth.register", { username: "ada", password: "correct horse", ip: "127.0.0.1" }],
  ],
  "POST /auth/login": [
    "/auth/login",
    { login: "ada", password: "x", device: { name: "phone" } },
    ["auth.login", { login: "ada", password: "x", device: { name: "phone" }, ip: "127.0.0.1" }],
  ],
  "POST /auth/refresh": ["/auth/refresh", { refreshToken: "r" }, ["auth.refresh", { refreshToken: "r" }]],
  "POST /auth/logout": ["/auth/logout", undefined, ["auth.logout", { viewer }]],
  "GET /auth/sessions": ["/auth/sessions", undefined, ["auth.sessions", { viewer }]],
  "DELETE /auth/sessions/:deviceId": ["/auth/sessions/d1", undefined, ["auth.revoke", { viewer, deviceId: "d1" }]],
  "PUT /auth/password": [
    "/auth/password",
    { oldPassword: "a", password: "correct horse" },
    ["auth.changePassword", { viewer, oldPassword: "a", password: "correct horse" }],
  ],
  "GET /users/me": ["/users/me", undefined, ["users.me", { viewer }]],
  "PATCH /users/me": ["/users/me", { avatarUrl: null }, ["users.updateMe", { viewer, patch: { avatarUrl: null } }]],
  "GET /users/:id": ["/users/eve", undefined, ["users.get", { viewer, userId: "eve" }]],
  "GET /users": ["/users?q=a%20b&limit=3", undefined, ["users.search", { viewer, q: "a b", limit: 3 }]],
  "GET /users/:id/presence": ["/users/eve/presence", undefined, ["presence.get", { viewer, userId: "eve" }]],
  "POST /groups": [
    "/groups",
    { name: "g", memberIds: ["eve"], type: "group" },
    ["groups.create", { viewer, draft: { name: "g", memberIds: ["eve"] } }],
  ],
  "GET /groups": ["/groups?cursor=c", undefined, ["groups.list", { viewer, limit: 50, cursor: "c" }]],
  "GET /groups/:id": ["/groups/g", undefined, ["groups.get", { viewer, groupId: "g" }]],
  "PATCH /groups/:id": ["/groups/g", { name: "h" }, ["groups.update", { viewer, groupId: "g", patch: { name: "h" } }]],
  "DELETE /groups/:id": ["/groups/g", undefined, ["groups.close", { viewer, groupId: "g" }]],
  "GET /groups/:id/members": ["/groups/g/members", undefined, ["groups.members", { viewer, groupId: "g", limit: 50 }]],
  "POST /groups/:id/members": [
    "/groups/g/members",
    { userIds: ["eve"] },
    ["groups.addMembers", { viewer, groupId: "g", userIds: ["eve"] }],
  ],
  "PATCH /groups/:id/members/:userId": [
    "/groups/g/members/eve",
    { role: "admin" },
    ["groups.setRole", { viewer, groupId: "g", userId: "eve", role: "admin" }],
  ],
  "DELETE /groups/:id/members/:userId": [
    "/groups/g/members/eve",
    undefined,
    ["groups.removeMember", { viewer, groupId: "g", userId: "eve" }],
  ],
  "GET /conversations": ["/conversations?limit=200", undefined, ["conversations.list", { viewer, limit: 200 }]],
  "GET /conversations/:id": ["/conversations/c", undefined, ["conversations.get", { viewer, conversationId: "c" }]],
  "PATCH /conversations/:id": [
    "/conversations/c",
    { muted: true },
    ["conversations.patch", { viewer, conversationId: "c", patch: { muted: true } }],
  ],
  "POST /conversations": [
    "/conversations",
    { userId: "eve" },
    ["conversations.openDirect", { viewer, conversationId: directConversationId("ada", "eve"), peerId: "eve" }],
  ],
  "GET /conversations/:id/messages": [
    "/conversations/c/messages?around=7",
    undefined,
    ["conversations.history", { viewer, conversationId: "c", around: 7, limit: 50 }],
  ],
  "GET /conversations/:id/entries": [
    "/conversations/c/entries?after=9007199254740991&epoch=2",
    undefined,
    ["conversations.entries", { viewer, conversationId: "c", after: 9007199254740991, epoch: 2, limit: 50 }],
  ],
  "POST /conversations/:id/messages": [
    "/conversations/c/messages",
    { clientMsgId: "1", content: text },
    ["conversations.append", { viewer, conversationId: "c", message: { clientMsgId: "1", content: text, type: "text" } }],
  ],
  "POST /conversations/:id/delivered": [
    "/conversations/c/delivered",
    { seq: 4 },
    ["conversations.cursor", { viewer, conversationId: "c", kind: "delivered", seq: 4 }],
  ],
  "POST /conversations/:id/read": [
    "/conversations/c/read",
    { seq: 4 },
    ["conversations.cursor", { viewer, conversationId: "c", kind: "read", seq: 4 }],
  ],
  "PATCH /messages/:id": [
    "/messages/m",
    { content: text },
    ["conversations.locate", { messageId: "m" }],
    ["conversations.change", { viewer, conversationId: "c", messageId: "m", change: { op: "edit", content: text } }],
  ],
  "DELETE /messages/:id": [
    "/messages/m?for=everyone",
    undefined,
    ["conversations.locate", { messageId: "m" }],
    ["conversations.change", { viewer, conversationId: "c", messageId: "m", change: { op: "delete" } }],
  ],
  "PUT /messages/:id/reactions/:emoji": [
    `/messages/m/reactions/${encodeURIComponent("👍🏽")}`,
    undefined,
    ["conversations.locate", { messageId: "m" }],
    [
      "conversations.change",
      { viewer, conversationId: "c", messageId: "m", change: { op: "react", emoji: "👍🏽", remove: false } },
    ],
  ],
  "DELETE /messages/:id/reactions/:emoji": [
    `/messages/m/reactions/${encodeURIComponent("❤️")}`,
    undefined,
    ["conversations.locate", { messageId: "m" }],
    ["conversations.change", { viewer, conversationId: "c", messageId: "m", change: { op: "react", emoji: "❤️", remove: true } }],
  ],
  "PUT /messages/:id/pin": [
    "/messages/m/pin",
    undefined,
    ["conversations.locate", { messageId: "m" }],
    ["conversations.change", { viewer, conversationId: "c", messageId: "m", change: { op: "pin", remove: false } }],
  ],
  "DELETE /messages/:id/pin": [
    "/messages/m/pin",
    undefined,
    ["conversations.locate", { messageId: "m" }],
    ["conversations.change", { viewer, conversationId: "c", messageId: "m", change: { op: "pin", remove: true } }],
  ],
  "GET /messages/:id/receipts": [
    "/messages/m/receipts?cursor=x",
    undefined,
    ["conversations.locate", { messageId: "m" }],
    ["conversations.receipts", { viewer, conversationId: "c", messageId: "m", cursor: "x" }],
  ],
  "GET /sync": ["/sync?cursor=x&limit=7", undefined, ["conversations.sync", { viewer, request: { cursor: "x", limit: 7 } }]],
};

describe("each row of the REST table", () => {
  test.each(Object.keys(routes) as RouteName[])("%s", async (name) => {
    answers["conversations.locate"] = () => ({ conversationId: "c", seq: 1 });
    answers["conversations.openDirect"] = () => ({ conversation: {}, created: true });
    const [path, body, ...expected] = table[name];
    const [method = ""] = name.split(" ");
    const contract = routeContract(name);
    const headers: Record<string, string> = contract.auth === "bearer" ? asAda : {};
    const answer = await call(path, body === undefined ? { method, headers } : json(method, body, headers));
    expect(answer.status).toBe(contract.status);
    expect(calls).toEqual(expected);
    expect(await answer.text()).toBe(contract.status === 204 ? "" : "{}");
  });

  test.each([
    ["/groups", { name: "g", memberIds: Array(10_001).fill("e") }],
    ["/groups/g/members", { userIds: Array(10_001).fill("e") }],
  ])("POST %s names at most ten thousand: more would not go from node to node", async (path, body) => {
    const answer = await call(path, json("POST", body, asAda));
    expect([answer.status, (await answer.json()).code]).toEqual([422, "VALIDATION"]);
    expect(calls).toEqual([]);
  });

  test("leaving a group is removing oneself", async () => {
    expect((await call("/groups/g/members/me", { method: "DELETE", headers: asAda })).status).toBe(204);
    expect(calls).toEqual([["groups.removeMember", { viewer, groupId: "g", userId: "ada" }]]);
  });

  test("a message is hidden for me alone", async () => {
    answers["conversations.locate"] = () => ({ conversationId: "c", seq: 1 });
    answers["conversations.hide"] = () => ({ conversationId: "c", seq: 1 });
    const answer = await call("/messages/m?for=me", { method: "DELETE", headers: asAda });
    expect(await answer.json()).toEqual({ conversationId: "c", seq: 1 });
    expect(calls.at(-1)).toEqual(["conversations.hide", { viewer, conversationId: "c", messageId: "m" }]);
  });

  test("a direct conversation that is there already answers 200", async () => {
    answers["conversations.openDirect"] = () => ({ conversation: { id: "c" }, created: false });
    const answer = await call("/conversations", json("POST", { userId: "eve" }));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ id: "c" });
  });

  test("a direct conversation with oneself is VALIDATION", async () => {
    const answer = await call("/conversations", json("POST", { userId: "ada" }));
    expect(await answer.json()).toMatchObject({ code: "VALIDATION", errors: [{ path: "userId" }] });
    expect(calls).toEqual([]);
  });

  test("a device that sends too fast is RATE_LIMITED, and told when to come back", async () => {
    const slow = await startEdge({
      env: { SENDS_PER_SECOND: "1", SEND_BURST: "1" },
      behind: { "conversations.append": recorded("conversations.append") as never },
    });
    const send = () => fetch(`${slow.url}/api/v1/conversations/c/messages`, json("POST", { clientMsgId: "1", content: text }));
    expect((await send()).status).toBe(201);
    const refused = await send();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    await slow.stop();
  });

  test("a message that is there already answers 200 with duplicate", async () => {
    answers["conversations.append"] = () => ({ seq: 3, duplicate: true });
    const answer = await call("/conversations/c/messages", json("POST", { clientMsgId: "1", content: text }));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ seq: 3, duplicate: true });
  });
});

describe("where a request comes from", () => {
  const login = (url: string) =>
    fetch(`${url}/api/v1/auth/login`, json("POST", { login: "a", password: "b" }, { "X-Forwarded-For": "10.0.0.1, 192.0.2.7" }));

  test("is the socket's address, whatever a header says", async () => {
    await login(edge.url);
    expect(calls).toEqual([["auth.login", { login: "a", password: "b", ip: "127.0.0.1" }]]);
  });

  test("is what a trusted proxy saw", async () => {
    const behindProxy = await startEdge({
      env: { TRUST_PROXY: "on" },
      behind: { "auth.login": recorded("auth.login") as never },
    });
    await login(behindProxy.url);
    expect(calls).toEqual([["auth.login", { login: "a", password: "b", ip: "192.0.2.7" }]]);
    await behindProxy.stop();
  });
});

describe("waiting", () => {
  test("a long poll is held by the live transports, and let go when its client leaves", async () => {
    const leaving = new AbortController();
    const poll = call("/sync?wait=60&cursor=x", { headers: asAda, signal: leaving.signal });
    await until(() => polls.length === 1);
    expect(polls).toEqual([{ viewer, query: { cursor: "x", limit: 500, wait: 60 } }]);
    leaving.abort();
    await expect(poll).rejects.toThrow();
    await until(() => polls.length === 2);
    expect(polls.at(-1)).toBe("gone");
  });

  test("a wait of more than a minute is VALIDATION", async () => {
    expect((await call("/sync?wait=61")).status).toBe(422);
  });

  test("the event stream takes its token from the header or the query, and resumes", async () => {
    const byHeader = await call("/events", { headers: { ...asAda, "Last-Event-ID": "cursor" } });
    expect(await byHeader.json()).toMatchObject({ viewer, lastEventId: "cursor" });
    const byQuery = await call("/events?token=token-of-ada", {});
    expect(byQuery.headers.get("content-type")).toBe("text/event-stream");
    expect(await byQuery.json()).toMatchObject({ viewer });
    for (const path of ["/events", "/events?token=nonsense", "/events?token=a&token=b"]) {
      expect((await call(path, {})).status).toBe(401);
    }
  });
});

describe("a POST with an Idempotency-Key", () => {
  const create = (key: string, name: string, headers: Record<string, string> = asAda) =>
    call("/groups", json("POST", { name }, { ...headers, "Idempotency-Key": key }));
  let made: number;
  beforeEach(() => {
    made = 0;
    answers["groups.create"] = () => ({ group: { id: `group ${++made}` } });
  });

  test("runs once, and is answered again as it was", async () => {
    const first = await create("once", "g");
    const again = await create("once", "g");
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(made).toBe(1);
  });

  test("is CONFLICT with another body, or at another address", async () => {
    await create("other", "g");
    expect((await create("other", "h")).status).toBe(409);
    expect((await call("/conversations", json("POST", { userId: "eve" }, { ...asAda, "Idempotency-Key": "other" }))).status).toBe(
      409,
    );
    expect(made).toBe(1);
  });

  test("does not mind how the same body is written", async () => {
    await create("spelling", "g");
    const again = json("POST", '{ "ignored": 1, "name": "g" }', { ...asAda, "Idempotency-Key": "spelling" });
    expect((await call("/groups", again)).status).toBe(201);
    expect(made).toBe(1);
  });

  test("is one's own: another user may use the same key", async () => {
    await create("shared", "g");
    const { group } = (await (await create("shared", "g", { Authorization: "Bearer token-of-eve" })).json()) as never;
    expect(group).toEqual({ id: "group 2" });
  });

  test("runs once however many ask at the same time", async () => {
    const running = Promise.withResolvers<void>();
    answers["groups.create"] = async () => {
      await running.promise;
      return { group: { id: `group ${++made}` } };
    };
    const asked = Array.from({ length: 5 }, () => create("together", "g"));
    await until(() => calls.length === 1);
    running.resolve();
    const bodies = await Promise.all(asked.map(async (answer) => (await answer).text()));
    expect(new Set(bodies)).toEqual(new Set(['{"group":{"id":"group 1"}}']));
    expect(made).toBe(1);
  });

  test("may be tried again when it failed", async () => {
    answers["groups.create"] = () => {
      throw new ForbiddenError("not yet");
    };
    expect((await create("failing", "g")).status).toBe(403);
    answers["groups.create"] = () => ({ group: {} });
    expect((await create("failing", "g")).status).toBe(201);
  });

  test("covers registering, which leaves no trace of the password", async () => {
    const register = (username: string, password: string) =>
      call("/auth/register", json("POST", { username, password }, { "Idempotency-Key": "register" }));
    answers["auth.register"] = () => ({ user: { id: `user ${++made}` } });
    const first = await (await register("ada", "correct horse")).text();
    expect(await (await register("ada", "correct horse")).text()).toBe(first);
    expect(await (await register("eve", "correct horse")).text()).not.toBe(first);
    expect((await register("ada", "another horse")).status).toBe(409);
    const stored = await accounts.sql.query<{ row: string }>("SELECT k::text AS row FROM idempotency_keys k");
    expect(stored.some(({ row }) => row.includes("user 1"))).toBe(true);
    expect(stored.some(({ row }) => row.includes("correct horse"))).toBe(false);
  });

  test.each(["", "x".repeat(256), "a key"])("is VALIDATION if the key is %j", async (key) => {
    expect((await create(key, "g")).status).toBe(422);
  });

  test("is kept for a day", async () => {
    await create("yesterday", "g");
    await accounts.sql.query("UPDATE idempotency_keys SET created_at = created_at - interval '23 hours'");
    expect(await (await create("yesterday", "g")).text()).toContain("group 1");
  });
});
