import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Params, Returns } from "../../contracts/caller.ts";
import type { LoggedEntry, Role } from "../../contracts/entry.ts";
import { ForbiddenError, NotFoundError } from "../../contracts/errors.ts";
import type { GroupState, MemberRef } from "../../contracts/services/conversations.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import { openToAll } from "../../domain/account/account.ts";
import { groupsService } from "../../services/groups/groups.service.ts";
import { groups as groupsOn } from "../../stores/accounts/groups.ts";
import { until } from "../cluster-node.ts";
import { type ServiceBench, serviceBench } from "../service-bench.ts";

/** The logs of the groups as far as this service asks for them. */
class Logs {
  readonly groups = new Map<string, { state: GroupState; members: MemberRef[] }>();
  /** Events are told by the test. */
  readonly entries: { state: GroupState; entry: LoggedEntry; previousVersion: number }[] = [];

  create({ conversationId, viewer, settings, memberIds, type }: Params<"conversations.createGroup">): GroupState {
    const createdAt = new Date(Date.UTC(2026, 0, 1)).toISOString();
    const state = { conversationId, type, settings, ownerId: viewer.userId, memberCount: 0, createdAt, version: 0 };
    this.groups.set(conversationId, { state, members: [] });
    return this.append(conversationId, viewer.userId, { op: "create", userIds: [...new Set([viewer.userId, ...memberIds])] });
  }

  /** One entry, which is more than the last one by two: a message lies between. */
  append(
    id: string,
    senderId: string,
    change: { op: "create" | "add" | "remove" | "role"; userIds: string[]; role?: Role },
  ): GroupState {
    const group = this.of(id);
    const previousVersion = group.state.version;
    const seq = previousVersion === 0 ? 1 : previousVersion + 2;
    const createdAt = new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString();
    const base = { conversationId: id, seq, id: `${id}-${seq}`, senderId, createdAt, n: 0, kind: "member" as const };
    group.members = changed(group.members, senderId, change, createdAt);
    const ownerId = group.members.find(({ role }) => role === "owner")?.userId ?? group.state.ownerId;
    group.state = { ...group.state, version: seq, memberCount: group.members.length, ownerId };
    this.entries.push({ state: group.state, entry: { ...base, ...change }, previousVersion });
    return group.state;
  }

  update(id: string, senderId: string, changes: GroupState["settings"]): GroupState {
    const group = this.of(id);
    const previousVersion = group.state.version;
    const seq = previousVersion + 2;
    group.state = { ...group.state, version: seq, settings: { ...group.state.settings, ...changes } };
    const base = { conversationId: id, seq, id: `${id}-${seq}`, senderId, createdAt: group.state.createdAt, n: 0 };
    this.entries.push({ state: group.state, entry: { ...base, kind: "update", changes }, previousVersion });
    return group.state;
  }

  of(id: string) {
    const group = this.groups.get(id);
    if (!group) throw new NotFoundError();
    return group;
  }

  asSeenBy(id: string, userId?: string): GroupState {
    const { state, members } = this.of(id);
    if (userId === undefined) return state;
    if (userId === "outsider") throw new NotFoundError();
    return { ...state, myRole: members.find((member) => member.userId === userId)?.role };
  }
}

function changed(
  members: MemberRef[],
  senderId: string,
  { op, userIds, role }: { op: string; userIds: string[]; role?: Role },
  joinedAt: string,
): MemberRef[] {
  const named = new Set(userIds);
  if (op === "remove") return members.filter(({ userId }) => !named.has(userId));
  if (op === "role") {
    const demoted = members.map((m) => (role === "owner" && m.role === "owner" ? { ...m, role: "admin" as const } : m));
    return demoted.map((m) => (named.has(m.userId) ? { ...m, role: role ?? "member" } : m));
  }
  const roleOf = (userId: string): Role => (op === "create" && userId === senderId ? "owner" : "member");
  return [...members, ...userIds.map((userId) => ({ userId, role: roleOf(userId), joinedAt }))];
}

const users: Record<string, KnownUser> = Object.fromEntries(
  ["ada", "bob", "cyd", "dan"].map((id) => [id, { user: { id, username: id, displayName: id }, privacy: openToAll }]),
);

let bench: ServiceBench;
let logs: Logs;

beforeAll(async () => {
  bench = await serviceBench([groupsService], {
    env: { GROUP_MEMBERS: "4" },
    stubs: {
      "users.resolve": ({ userIds }) => userIds.flatMap((id) => users[id] ?? []),
      "conversations.createGroup": (params) => {
        logs.create(params);
        return { group: logs.asSeenBy(params.conversationId, params.viewer.userId), conversation: {} as Conversation };
      },
      "conversations.group": ({ conversationId, viewer }) => logs.asSeenBy(conversationId, viewer?.userId),
      "conversations.members": ({ conversationId }) => logs.of(conversationId).members,
      "conversations.update": ({ conversationId, viewer, changes }) => {
        if (changes.closed && logs.asSeenBy(conversationId, viewer.userId).myRole !== "owner") throw new ForbiddenError();
        logs.update(conversationId, viewer.userId, changes);
        return logs.asSeenBy(conversationId, viewer.userId);
      },
      "conversations.membership": ({ conversationId, viewer, change }) => {
        if (logs.asSeenBy(conversationId, viewer.userId).myRole !== "owner" && change.op !== "leave") throw new ForbiddenError();
        const userIds = change.op === "leave" ? [viewer.userId] : change.op === "add" ? change.userIds : [change.userId];
        const op = change.op === "leave" ? "remove" : change.op;
        const role = change.op === "role" ? change.role : undefined;
        const { version } = logs.append(conversationId, viewer.userId, { op, userIds, ...(role && { role }) });
        return { conversationId, seq: version };
      },
    },
  });
});
beforeEach(async () => {
  logs = new Logs();
  bench.calls.length = 0;
  await bench.database.sql.query("DELETE FROM groups");
});
afterAll(() => bench.stop());

const viewer = (userId: string) => ({ userId, deviceId: `${userId}-phone` });
const create = (as: string, draft: Partial<Params<"groups.create">["draft"]> = {}) =>
  bench.caller.call("groups.create", { viewer: viewer(as), draft: { name: "Choir", ...draft } });
const list = (as: string, more: { limit?: number; cursor?: string } = {}) =>
  bench.caller.call("groups.list", { viewer: viewer(as), limit: 50, ...more });
const tell = (change: Logs["entries"][number] | undefined) => {
  if (change) bench.caller.broadcast("group.changed", change);
};
const called = (name: string) => bench.calls.filter((call) => call.name === name).length;

/** What the projection has of a group. */
async function projected(id: string) {
  const sql = "SELECT user_id, role FROM group_members WHERE group_id = $1 ORDER BY user_id";
  const rows = await bench.database.sql.query<{ user_id: string; role: string }>(sql, [id]);
  return rows.map(({ user_id, role }) => `${user_id} ${role}`);
}

/** Until the projection is at the log's version. */
const caughtUp = (id: string) =>
  until(async () => (await groupsOn(bench.database.sql).versions([id])).get(id) === logs.of(id).state.version);

describe("create", () => {
  test("makes the group in its log, private unless said otherwise, and answers it", async () => {
    const { group } = await create("ada", { memberIds: ["bob", "bob", "ada"], description: "Tuesdays" });
    expect(group).toEqual({
      id: group.conversationId,
      conversationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "Choir",
      description: "Tuesdays",
      ownerId: "ada",
      isPrivate: true,
      maxMembers: 4,
      memberCount: 2,
      myRole: "owner",
    });
  });

  test("shows in everybody's list at once, before any event", async () => {
    const { group } = await create("ada", { memberIds: ["bob"] });
    expect((await list("ada")).items).toEqual([group]);
    expect((await list("bob")).items).toEqual([{ ...group, myRole: "member" }]);
    expect((await list("cyd")).items).toEqual([]);
  });
});

describe("a group", () => {
  test("is shown to its members, FORBIDDEN to former ones, NOT_FOUND to others", async () => {
    const { group } = await create("ada", { memberIds: ["bob"] });
    const get = (as: string) => bench.caller.call("groups.get", { viewer: viewer(as), groupId: group.id });
    const members = (as: string) => bench.caller.call("groups.members", { viewer: viewer(as), groupId: group.id, limit: 9 });
    expect(await get("ada")).toEqual(group);
    await bench.caller.call("groups.removeMember", { viewer: viewer("bob"), groupId: group.id, userId: "me" });
    for (const ask of [get, members]) {
      await expect(ask("bob")).rejects.toMatchObject({ code: "FORBIDDEN" });
      await expect(ask("outsider")).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test("changes, is closed by its owner alone, and the list shows it at once", async () => {
    const { group } = await create("ada", { memberIds: ["bob"] });
    const params = { viewer: viewer("ada"), groupId: group.id };
    expect(await bench.caller.call("groups.update", { ...params, patch: { name: "Band" } })).toMatchObject({ name: "Band" });
    expect((await list("bob")).items).toMatchObject([{ name: "Band" }]);
    await expect(bench.caller.call("groups.close", { ...params, viewer: viewer("bob") })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    await bench.caller.call("groups.close", params);
    expect((await list("bob")).items).toMatchObject([{ closed: true }]);
  });
});

describe("members", () => {
  test("are listed owner first, then by when they joined, a page at a time", async () => {
    const { group } = await create("bob", { memberIds: ["ada"] });
    const params = { viewer: viewer("bob"), groupId: group.id };
    const { items } = await bench.caller.call("groups.addMembers", { ...params, userIds: ["dan", "cyd"] });
    expect(items.map(({ user }) => user.id).sort()).toEqual(["cyd", "dan"]);
    const seen: string[] = [];
    let page: Returns<"groups.members"> = { items: [] };
    do {
      page = await bench.caller.call("groups.members", { ...params, limit: 1, cursor: page.nextCursor });
      seen.push(...page.items.map(({ user, role }) => `${user.id} ${role}`));
    } while (page.nextCursor);
    expect(seen).toEqual(["bob owner", "ada member", "cyd member", "dan member"]);
  });

  test("who come, go and change roles show in the list at once", async () => {
    const { group } = await create("ada", { memberIds: ["bob"] });
    const params = { viewer: viewer("ada"), groupId: group.id };
    await bench.caller.call("groups.addMembers", { ...params, userIds: ["cyd"] });
    expect(await bench.caller.call("groups.setRole", { ...params, userId: "cyd", role: "owner" })).toMatchObject({
      role: "owner",
    });
    expect((await list("ada")).items).toMatchObject([{ ownerId: "cyd", myRole: "admin", memberCount: 3 }]);
    await bench.caller.call("groups.removeMember", { ...params, userId: "ada" });
    expect((await list("ada")).items).toEqual([]);
    expect(await projected(group.id)).toEqual(["bob member", "cyd owner"]);
  });
});

describe("a request that is repeated", () => {
  const ask = (userId: string, requestId: string) =>
    bench.caller.call("groups.create", { viewer: viewer(userId), draft: { name: "Once" }, requestId });

  test("meets the group that it may have made before; another one makes another", async () => {
    const { group } = await ask("ada", "r1");
    expect((await ask("ada", "r1")).group.id).toBe(group.id);
    const others = await Promise.all([ask("ada", "r2"), ask("bob", "r1")]);
    expect(new Set([group.id, ...others.map((other) => other.group.id)]).size).toBe(3);
  });
});

describe("the list", () => {
  test("is newest first and comes in pages", async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push((await create("ada", { name: `g${i}` })).group.id);
    const first = await list("ada", { limit: 3 });
    const second = await list("ada", { limit: 3, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made.reverse());
    expect(second.nextCursor).toBeUndefined();
  });
});

describe("the projection", () => {
  let id: string;
  beforeEach(async () => {
    id = "g";
    logs.create({ conversationId: id, viewer: viewer("ada"), type: "group", settings: { name: "G" }, memberIds: ["bob"] });
    logs.append(id, "ada", { op: "add", userIds: ["cyd"] });
    logs.append(id, "ada", { op: "role", userIds: ["bob"], role: "owner" });
    logs.append(id, "bob", { op: "remove", userIds: ["cyd"] });
    logs.update(id, "bob", { name: "Band" });
  });
  const final = ["ada admin", "bob owner"];

  test("follows each change without asking for the whole", async () => {
    logs.entries.forEach(tell);
    await caughtUp(id);
    expect(await projected(id)).toEqual(final);
    expect((await list("ada")).items).toMatchObject([{ name: "Band", ownerId: "bob", memberCount: 2 }]);
    expect(called("conversations.members")).toBe(0);
  });

  test("is the same when changes come again or late", async () => {
    for (const change of [...logs.entries, ...logs.entries]) tell(change);
    await caughtUp(id);
    tell(logs.entries[1]);
    tell(logs.entries[0]);
    await bench.caller.call("groups.list", { viewer: viewer("ada"), limit: 1 });
    expect(await projected(id)).toEqual(final);
    expect(called("conversations.members")).toBe(0);
  });

  test.each([0, 1, 2, 3])("asks for the whole when change %i was lost", async (lost) => {
    for (const [index, change] of logs.entries.entries()) if (index !== lost) tell(change);
    await caughtUp(id);
    expect(await projected(id)).toEqual(final);
    expect(called("conversations.members")).toBe(1);
  });

  test("is repaired when the group comes to life with a newer version, and else left alone", async () => {
    tell(logs.entries[0]);
    const { version } = logs.of(id).state;
    bench.caller.broadcast("group.activated", { conversationId: id, version });
    bench.clock.turn(200);
    await caughtUp(id);
    expect(await projected(id)).toEqual(final);
    bench.calls.length = 0;
    bench.caller.broadcast("group.activated", { conversationId: id, version });
    bench.clock.turn(200);
    await list("ada");
    expect(bench.calls).toEqual([]);
  });

  test("is read as a whole when too many changes wait", async () => {
    for (let i = 0; i < 100; i++) logs.append(id, "bob", { op: i % 2 ? "remove" : "add", userIds: ["dan"] });
    logs.entries.forEach(tell);
    await caughtUp(id);
    expect(await projected(id)).toEqual(final);
    expect(called("conversations.members")).toBeGreaterThan(0);
  });
});
