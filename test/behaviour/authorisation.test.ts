import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { routes } from "../../contracts/rest/index.ts";
import { clientEvents } from "../../contracts/socket-events.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import { type Json, newKey, type Person, rest, say, signIn, signUp } from "../protocol/people.ts";
import { connectWebSocket, type Wire } from "../protocol/sockets.ts";

/** Who asks. `other` is a second device of the owner's account. */
const roles = ["outsider", "removed", "member", "admin", "owner", "other"] as const;
type Role = (typeof roles)[number];

const OK = "ok";
type Outcome = typeof OK | "NOT_FOUND" | "FORBIDDEN";

interface Scene {
  me: Person;
  wire: Wire;
  group: string;
  /** A message of the owner's, which the removed member could see. */
  message: Json;
  cast: Record<Role, Person>;
}

/** One action or event: how to ask, and what each role is told, in the order of `roles`. */
interface Row {
  name: string;
  ask(scene: Scene): Promise<Outcome>;
  told: [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome];
}

const nf = "NOT_FOUND";
const no = "FORBIDDEN";

const overRest = (method: string, path: (s: Scene) => string, body?: (s: Scene) => unknown) => async (s: Scene) => {
  const reply = await s.me.call(method, path(s), body?.(s));
  return reply.status < 300 ? OK : reply.body.code;
};
const overSocket = (event: string, data: (s: Scene) => unknown) => async (s: Scene) => {
  const answer = await s.wire.request(event, data(s));
  return answer.ok ? OK : answer.error.code;
};

const readers: Row["told"] = [nf, OK, OK, OK, OK, OK];
const writers: Row["told"] = [nf, no, OK, OK, OK, OK];
const present: Row["told"] = [nf, no, OK, OK, OK, OK];
const admins: Row["told"] = [nf, no, no, OK, OK, OK];
const ownerOnly: Row["told"] = [nf, no, no, no, OK, OK];

const conversation = (tail: string) => (s: Scene) => `/conversations/${s.group}${tail}`;
const message =
  (tail = "") =>
  (s: Scene) =>
    `/messages/${s.message.id}${tail}`;
const group =
  (tail = "") =>
  (s: Scene) =>
    `/groups/${s.group}${tail}`;
const id =
  (extra: object = {}) =>
  (s: Scene) => ({ id: s.message.id, ...extra });
const place = (extra: object) => (s: Scene) => ({ conversationId: s.group, ...extra });
const text = () => ({ clientMsgId: newKey(), content: "x" });

const rows: Row[] = [
  { name: "GET /conversations/:id", ask: overRest("GET", conversation("")), told: readers },
  { name: "PATCH /conversations/:id", ask: overRest("PATCH", conversation(""), () => ({ muted: true })), told: readers },
  { name: "GET /conversations/:id/messages", ask: overRest("GET", conversation("/messages")), told: readers },
  { name: "GET /conversations/:id/entries", ask: overRest("GET", conversation("/entries")), told: readers },
  { name: "GET /messages/:id/receipts", ask: overRest("GET", message("/receipts")), told: readers },
  { name: "POST /conversations/:id/messages", ask: overRest("POST", conversation("/messages"), text), told: writers },
  {
    name: "POST /conversations/:id/delivered",
    ask: overRest("POST", conversation("/delivered"), () => ({ seq: 1 })),
    told: readers,
  },
  { name: "POST /conversations/:id/read", ask: overRest("POST", conversation("/read"), () => ({ seq: 1 })), told: readers },
  { name: "PATCH /messages/:id", ask: overRest("PATCH", message(), () => ({ content: "y" })), told: ownerOnly },
  { name: "DELETE /messages/:id?for=everyone", ask: overRest("DELETE", message("?for=everyone")), told: admins },
  { name: "DELETE /messages/:id?for=me", ask: overRest("DELETE", message("?for=me")), told: readers },
  { name: "PUT /messages/:id/reactions/:emoji", ask: overRest("PUT", message("/reactions/%F0%9F%91%8D")), told: writers },
  { name: "DELETE /messages/:id/reactions/:emoji", ask: overRest("DELETE", message("/reactions/%F0%9F%91%8D")), told: writers },
  { name: "PUT /messages/:id/pin", ask: overRest("PUT", message("/pin")), told: writers },
  { name: "DELETE /messages/:id/pin", ask: overRest("DELETE", message("/pin")), told: writers },
  { name: "GET /groups/:id", ask: overRest("GET", group()), told: present },
  { name: "GET /groups/:id/members", ask: overRest("GET", group("/members")), told: present },
  { name: "PATCH /groups/:id", ask: overRest("PATCH", group(), () => ({ name: "New" })), told: admins },
  {
    name: "POST /groups/:id/members",
    ask: overRest("POST", group("/members"), (s) => ({ userIds: [s.cast.outsider.id] })),
    told: admins,
  },
  {
    name: "DELETE /groups/:id/members/:member",
    ask: overRest("DELETE", (s) => group(`/members/${s.cast.member.id}`)(s)),
    told: [nf, no, OK, OK, OK, OK],
  },
  {
    name: "DELETE /groups/:id/members/:owner",
    ask: overRest("DELETE", (s) => group(`/members/${s.cast.owner.id}`)(s)),
    told: [nf, no, no, no, no, no],
  },
  {
    name: "PATCH /groups/:id/members/:userId",
    ask: overRest(
      "PATCH",
      (s) => group(`/members/${s.cast.member.id}`)(s),
      () => ({ role: "admin" }),
    ),
    told: ownerOnly,
  },
  { name: "DELETE /groups/:id", ask: overRest("DELETE", group()), told: ownerOnly },
  { name: "message:send", ask: overSocket("message:send", place({ content: "x", clientMsgId: "k" })), told: writers },
  { name: "message:edit", ask: overSocket("message:edit", id({ content: "y" })), told: ownerOnly },
  { name: "message:delete everyone", ask: overSocket("message:delete", id({ for: "everyone" })), told: admins },
  { name: "message:delete me", ask: overSocket("message:delete", id({ for: "me" })), told: readers },
  { name: "message:react", ask: overSocket("message:react", id({ emoji: "👍", op: "add" })), told: writers },
  { name: "message:pin", ask: overSocket("message:pin", id({ op: "add" })), told: writers },
  { name: "receipt:delivered", ask: overSocket("receipt:delivered", place({ seq: 1 })), told: readers },
  { name: "receipt:read", ask: overSocket("receipt:read", place({ seq: 1 })), told: readers },
  { name: "typing", ask: overSocket("typing", place({ state: "start" })), told: writers },
  { name: "sync", ask: overSocket("sync", (s) => ({ cursors: { [s.group]: 0 } })), told: readers },
];

let engine: TestEngine;
const cast = {} as Record<Role, Person>;
const wires = {} as Record<Role, Wire>;

beforeAll(async () => {
  engine = await startEngine();
  for (const role of roles) if (role !== "other") cast[role] = await signUp(engine);
  cast.other = await signIn(engine, cast.owner.username, cast.owner.password);
}, 60_000);
afterAll(() => engine.stop());

/** A new group with everybody in place. */
async function scene(role: Role): Promise<Scene> {
  const { owner, admin, member, removed } = cast;
  const made = await owner.call("POST", "/groups", { name: "A group", memberIds: [admin.id, member.id, removed.id] });
  const group = made.body.group.id;
  await owner.call("PATCH", `/groups/${group}/members/${admin.id}`, { role: "admin" });
  const message = await say(owner, group, "the owner's");
  await owner.call("DELETE", `/groups/${group}/members/${removed.id}`);
  wires[role] = await connectWebSocket(engine, cast[role]);
  return { me: cast[role], wire: wires[role], group, message, cast };
}

describe.each(rows)("$name", ({ ask, told }) => {
  test.each(roles.map((role, i) => [role, told[i] as Outcome] as const))("tells the %s: %s", async (role, outcome) => {
    expect(await ask(await scene(role))).toBe(outcome);
  });
});

describe("without a token", () => {
  const guarded = Object.entries(routes).filter(([, route]) => route.auth === "bearer");
  test.each(guarded.map(([name]) => name))("%s is UNAUTHENTICATED", async (name) => {
    const [method = "", path = ""] = name.split(" ");
    const reply = await rest(engine, method, path.replace(/:\w+/g, "x"), method === "GET" ? {} : { body: {} });
    expect([reply.status, reply.body.code]).toEqual([401, "UNAUTHENTICATED"]);
  });
});

describe("the table", () => {
  test("walks every event that names a conversation or a message", () => {
    const walked = new Set(rows.map((r) => r.name.split(" ")[0]));
    const about = Object.keys(clientEvents).filter((e) => !e.startsWith("presence:") && !e.startsWith("auth:"));
    expect(about.filter((e) => !walked.has(e))).toEqual([]);
  });

  test("walks every call that names a conversation, a message or a group", () => {
    const walked = rows.map((r) => r.name.replace(/:(member|owner)\b/, ":userId").replace(/\?.*/, ""));
    const about = Object.keys(routes).filter((r) => /\/(conversations|messages|groups)\/:/.test(r));
    expect(about.filter((r) => !walked.includes(r))).toEqual([]);
  });
});

describe("another user's device", () => {
  test("cannot be revoked, and its token does not replace mine", async () => {
    expect((await cast.member.call("DELETE", `/auth/sessions/${cast.owner.deviceId}`)).body.code).toBe("NOT_FOUND");
    const wire = await connectWebSocket(engine, cast.member);
    expect((await wire.request("auth:refresh", { token: cast.owner.token })).error.code).toBe("FORBIDDEN");
  });

  test("has its own sessions list", async () => {
    const { body } = await cast.member.call("GET", "/auth/sessions");
    expect(body.items.map((d: Json) => d.deviceId)).toEqual([cast.member.deviceId]);
  });
});
