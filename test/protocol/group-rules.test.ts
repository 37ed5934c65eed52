import { describe, expect, test } from "@jest/globals";
import { expectProblem, groupOf, type Json, newKey, type Person, say, signUp } from "./people.ts";
import { connectWebSocket, online } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const nobody = "0190a000-0000-7000-8000-000000000000";
const people = (n: number) => Promise.all(Array.from({ length: n }, () => signUp(target)));
const entriesOf = async (person: Person, id: string): Promise<Json[]> =>
  (await person.call("GET", `/conversations/${id}/entries`)).body.items;

describe("making a group", () => {
  test.each([
    ["no name", { name: undefined }],
    ["a name of spaces", { name: "   " }],
    ["a name of 101 characters", { name: "x".repeat(101) }],
    ["members that are no list", { memberIds: "all" }],
    ["a member nobody knows", { memberIds: [nobody] }],
    ["an unknown type", { type: "choir" }],
    ["no room for its maker", { maxMembers: 0 }],
    ["isPrivate that is text", { isPrivate: "yes" }],
    ["an avatar that is no web address", { avatarUrl: "javascript:alert(1)" }],
  ])("with %s is VALIDATION", async (_, wrong) => {
    const [ada] = (await people(1)) as [Person];
    expectProblem(await ada.call("POST", "/groups", { name: "G", ...wrong }), 422, "VALIDATION");
    expect((await ada.call("GET", "/groups")).body.items).toEqual([]);
  });

  test("counts nobody twice, and the maker need not name itself", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const { body } = await ada.call("POST", "/groups", { name: "G", memberIds: [bob.id, bob.id, ada.id] });
    expect(body.group).toMatchObject({ memberCount: 2, ownerId: ada.id });
    const [made] = await entriesOf(ada, body.conversation.id);
    expect(made.userIds.toSorted()).toEqual([ada.id, bob.id].toSorted());
  });

  test("alone is allowed, and one may talk to oneself there", async () => {
    const [ada] = (await people(1)) as [Person];
    const id = await groupOf(ada);
    expect(await say(ada, id, "note")).toMatchObject({ seq: 2, n: 1 });
    expect((await ada.call("GET", `/conversations/${id}`)).body).toMatchObject({ unread: 0, lastSeq: 2 });
    const { body } = await ada.call("GET", "/conversations");
    expect(body.items).toHaveLength(1);
  });

  test("keeps to maxMembers", async () => {
    const [ada, bob, carol] = (await people(3)) as [Person, Person, Person];
    const { body } = await ada.call("POST", "/groups", { name: "Duo", memberIds: [bob.id], maxMembers: 2 });
    const full = await ada.call("POST", `/groups/${body.group.id}/members`, { userIds: [carol.id] });
    expect([403, 409, 422]).toContain(full.status);
    expectProblem(full, full.status, full.body.code);
    expect((await ada.call("GET", `/groups/${body.group.id}`)).body.memberCount).toBe(2);
  });
});

describe("the log of a group", () => {
  test("has an entry for whatever happens to it", async () => {
    const [ada, bob, carol] = (await people(3)) as [Person, Person, Person];
    const id = await groupOf(ada, bob);
    await ada.call("POST", `/groups/${id}/members`, { userIds: [carol.id] });
    await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "admin" });
    await ada.call("PATCH", `/groups/${id}`, { name: "New", description: "d", avatarUrl: "https://example.org/a.png" });
    await bob.call("DELETE", `/groups/${id}/members/${carol.id}`);
    await bob.call("DELETE", `/groups/${id}/members/me`);
    await ada.call("DELETE", `/groups/${id}`);
    expect(await entriesOf(ada, id)).toMatchObject([
      { seq: 1, kind: "member", op: "create", senderId: ada.id },
      { seq: 2, kind: "member", op: "add", senderId: ada.id, userIds: [carol.id] },
      { seq: 3, kind: "member", op: "role", senderId: ada.id, userIds: [bob.id], role: "admin" },
      { seq: 4, kind: "update", senderId: ada.id, changes: { name: "New", description: "d" } },
      { seq: 5, kind: "member", op: "remove", senderId: bob.id, userIds: [carol.id] },
      { seq: 6, kind: "member", op: "leave", senderId: bob.id, userIds: [bob.id] },
      { seq: 7, kind: "update", senderId: ada.id, changes: { closed: true } },
    ]);
  });

  test("is heard by all members, whoever acts, also by who is added and who is removed", async () => {
    const [ada, bob, carol] = (await people(3)) as [Person, Person, Person];
    const id = await groupOf(ada, bob);
    const [b, c] = [await online(connectWebSocket, target, bob), await online(connectWebSocket, target, carol)];
    await ada.call("POST", `/groups/${id}/members`, { userIds: [carol.id] });
    for (const wire of [b, c]) await wire.next("entry", (e) => e.op === "add" && e.conversationId === id);
    expect(c.received.findIndex((f) => f.event === "conversation")).toBeLessThan(
      c.received.findIndex((f) => f.event === "entry"),
    );
    await ada.call("DELETE", `/groups/${id}/members/${carol.id}`);
    for (const wire of [b, c]) await wire.next("entry", (e) => e.op === "remove" && e.conversationId === id);
    await say(ada, id, "without carol");
    await b.next("entry", (e) => e.content === "without carol");
    expect(c.entries(id).map((e) => e.seq)).toEqual([2, 3]);
  });

  test("of a closed group takes no change of any kind", async () => {
    const [ada, bob, carol] = (await people(3)) as [Person, Person, Person];
    const id = await groupOf(ada, bob);
    const message = await say(ada, id, "x");
    await ada.call("DELETE", `/groups/${id}`);
    for (const [method, path, body] of [
      ["POST", `/conversations/${id}/messages`, { clientMsgId: newKey(), content: "y" }],
      ["PATCH", `/messages/${message.id}`, { content: "y" }],
      ["PUT", `/messages/${message.id}/pin`, undefined],
      ["PUT", `/messages/${message.id}/reactions/x`, undefined],
      ["POST", `/groups/${id}/members`, { userIds: [carol.id] }],
      ["PATCH", `/groups/${id}`, { name: "y" }],
      ["PATCH", `/groups/${id}/members/${bob.id}`, { role: "admin" }],
    ] as const) {
      expectProblem(await ada.call(method, path, body), 403, "FORBIDDEN");
    }
    expect((await ada.call("GET", `/conversations/${id}`)).body.lastSeq).toBe(3);
    expect((await bob.call("POST", `/conversations/${id}/read`, { seq: 3 })).status).toBe(204);
    expect((await bob.call("GET", `/conversations/${id}/messages`)).body.items).toHaveLength(1);
  });
});

describe("who may what", () => {
  test("an admin adds, removes and renames, but gives no roles, touches no owner and closes nothing", async () => {
    const [ada, bob, carol, dan] = (await people(4)) as [Person, Person, Person, Person];
    const id = await groupOf(ada, bob, carol);
    await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "admin" });
    expect((await bob.call("POST", `/groups/${id}/members`, { userIds: [dan.id] })).status).toBe(201);
    expect((await bob.call("DELETE", `/groups/${id}/members/${carol.id}`)).status).toBe(204);
    for (const [method, path, body] of [
      ["PATCH", `/members/${dan.id}`, { role: "admin" }],
      ["PATCH", `/members/${bob.id}`, { role: "owner" }],
      ["PATCH", `/members/${ada.id}`, { role: "member" }],
      ["DELETE", `/members/${ada.id}`, undefined],
      ["DELETE", "", undefined],
    ] as const) {
      expectProblem(await bob.call(method, `/groups/${id}${path}`, body), 403, "FORBIDDEN");
    }
    expect((await ada.call("GET", `/groups/${id}`)).body).toMatchObject({ ownerId: ada.id, memberCount: 3, myRole: "owner" });
  });

  test("what is not there is NOT_FOUND, a role nobody knows VALIDATION", async () => {
    const [ada, bob, eve] = (await people(3)) as [Person, Person, Person];
    const id = await groupOf(ada, bob);
    expectProblem(await ada.call("DELETE", `/groups/${id}/members/${eve.id}`), 404, "NOT_FOUND");
    expectProblem(await ada.call("PATCH", `/groups/${id}/members/${eve.id}`, { role: "admin" }), 404, "NOT_FOUND");
    expectProblem(await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "king" }), 422, "VALIDATION");
    expectProblem(await ada.call("POST", `/groups/${id}/members`, { userIds: [] }), 422, "VALIDATION");
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/members"],
      ["DELETE", "/members/me"],
    ] as const) {
      expectProblem(await eve.call(method, `/groups/${id}${path}`), 404, "NOT_FOUND");
      expectProblem(await eve.call(method, `/groups/${nobody}${path}`), 404, "NOT_FOUND");
    }
  });

  test("the giver of the owner's role is an admin, and the log says so", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    const given = await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "owner" });
    expect(given).toMatchObject({ status: 200, body: { user: { id: bob.id }, role: "owner" } });
    const { items } = (await bob.call("GET", `/groups/${id}/members`)).body;
    expect(items).toMatchObject([
      { user: { id: bob.id }, role: "owner" },
      { user: { id: ada.id }, role: "admin" },
    ]);
    expect((await entriesOf(bob, id)).some((e) => e.op === "role" && e.role === "owner" && e.userIds.includes(bob.id))).toBe(
      true,
    );
    expect((await bob.call("GET", `/conversations/${id}`)).body.group).toMatchObject({ ownerId: bob.id, myRole: "owner" });
  });
});
