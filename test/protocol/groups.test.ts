import { describe, expect, test } from "@jest/globals";
import { expectProblem, groupOf, type Json, newKey, type Person, say, signUp } from "./people.ts";
import { connectWebSocket, online } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const people = (n: number): Promise<Person[]> => Promise.all(Array.from({ length: n }, () => signUp(target)));
const entriesOf = async (person: Person, id: string): Promise<Json[]> =>
  (await person.call("GET", `/conversations/${id}/entries`)).body.items;

describe("a group", () => {
  test("is made by a member entry, seq 1, and everybody hears of it", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const b = await online(connectWebSocket, target, bob);
    const { status, body } = await ada.call("POST", "/groups", { name: "Choir", description: "Tuesdays", memberIds: [bob.id] });
    expect(status).toBe(201);
    expect(body.group).toMatchObject({
      name: "Choir",
      description: "Tuesdays",
      ownerId: ada.id,
      memberCount: 2,
      myRole: "owner",
      isPrivate: expect.any(Boolean),
    });
    expect(body.conversation).toMatchObject({
      id: body.group.conversationId,
      type: "group",
      name: "Choir",
      lastSeq: 1,
      lastN: 0,
      unread: 0,
    });
    const made = await b.next("entry");
    expect(made).toMatchObject({ seq: 1, n: 0, kind: "member", op: "create", senderId: ada.id });
    expect([...made.userIds].sort()).toEqual([ada.id, bob.id].sort());
    const events = b.received.map((f) => f.event);
    expect(events.indexOf("conversation")).toBeLessThan(events.indexOf("entry"));
    expect((await bob.call("GET", "/groups")).body.items).toMatchObject([{ id: body.group.id, myRole: "member" }]);
  });

  test("with a member nobody knows is VALIDATION", async () => {
    const [ada] = (await people(1)) as [Person];
    expectProblem(await ada.call("POST", "/groups", { name: "x", memberIds: ["nobody"] }), 422, "VALIDATION");
    expectProblem(await ada.call("POST", "/groups", { name: "" }), 422, "VALIDATION");
  });

  test("made twice with the same Idempotency-Key is one; with another body a CONFLICT", async () => {
    const [ada] = (await people(1)) as [Person];
    const key = { "idempotency-key": newKey() };
    const first = await ada.call("POST", "/groups", { name: "Once" }, key);
    const second = await ada.call("POST", "/groups", { name: "Once" }, key);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.group.id).toBe(first.body.group.id);
    expectProblem(await ada.call("POST", "/groups", { name: "Twice" }, key), 409, "CONFLICT");
  });

  test("lists its members with their roles, a page at a time", async () => {
    const [ada, bob, carol] = (await people(3)) as [Person, Person, Person];
    const id = await groupOf(ada, bob, carol);
    const { body } = await bob.call("GET", `/groups/${id}/members`);
    expect(body.items).toMatchObject([
      { user: { id: ada.id }, role: "owner", joinedAt: expect.any(String) },
      { role: "member" },
      { role: "member" },
    ]);
    const first = await bob.call("GET", `/groups/${id}/members?limit=2`);
    const rest = await bob.call("GET", `/groups/${id}/members?limit=2&cursor=${encodeURIComponent(first.body.nextCursor)}`);
    expect([...first.body.items, ...rest.body.items]).toEqual(body.items);
  });
});

describe("membership", () => {
  test("whoever is added sees from there on, and hears of it", async () => {
    const [ada, bob, carol] = (await people(3)) as [Person, Person, Person];
    const id = await groupOf(ada, bob);
    await say(ada, id, "before carol");
    const c = await online(connectWebSocket, target, carol);
    expect((await ada.call("POST", `/groups/${id}/members`, { userIds: [carol.id] })).status).toBe(201);
    expect(await c.next("entry")).toMatchObject({ seq: 3, kind: "member", op: "add", userIds: [carol.id] });
    await say(ada, id, "after");
    await c.next("entry", (e) => e.seq === 4);
    expect((await entriesOf(carol, id)).map((e) => [e.seq, e.kind])).toEqual([
      [1, "hidden"],
      [3, "member"],
      [4, "message"],
    ]);
    expect((await carol.call("GET", `/conversations/${id}`)).body).toMatchObject({ firstSeq: 3, unread: 1 });
    expect((await carol.call("GET", `/conversations/${id}/messages`)).body.items).toMatchObject([{ content: "after" }]);
  });

  test("whoever is removed reads up to there, and writes no more", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    const b = await online(connectWebSocket, target, bob);
    await say(ada, id, "hello");
    expect((await ada.call("DELETE", `/groups/${id}/members/${bob.id}`)).status).toBe(204);
    expect(await b.next("entry", (e) => e.op === "remove")).toMatchObject({ op: "remove", userIds: [bob.id], seq: 3 });
    await say(ada, id, "among us");
    expect((await bob.call("GET", `/conversations/${id}`)).body).toMatchObject({ leftSeq: 3, lastSeq: 3 });
    expect((await entriesOf(bob, id)).map((e) => e.seq)).toEqual([1, 2, 3]);
    const refused = await bob.call("POST", `/conversations/${id}/messages`, { clientMsgId: newKey(), content: "x" });
    expectProblem(refused, 403, "FORBIDDEN");
    expect(b.entries(id).map((e) => e.seq)).toEqual([1, 2, 3]);
  });

  test("whoever joins again is told to reset, and what lay between is hidden", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    expect((await bob.call("DELETE", `/groups/${id}/members/me`)).status).toBe(204);
    await say(ada, id, "between");
    const b = await online(connectWebSocket, target, bob);
    await ada.call("POST", `/groups/${id}/members`, { userIds: [bob.id] });
    expect(await b.next("reset", (r) => r.conversationId === id)).toMatchObject({
      epoch: expect.any(Number),
      lastSeq: expect.any(Number),
    });
    const entries = await entriesOf(bob, id);
    expect(entries.map((e) => [e.seq, e.kind, e.through])).toEqual([
      [1, "member", undefined],
      [2, "member", undefined],
      [3, "hidden", 3],
      [4, "member", undefined],
    ]);
  });

  test("adding someone who is there changes nothing", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    await ada.call("POST", `/groups/${id}/members`, { userIds: [bob.id] });
    expect(await entriesOf(ada, id)).toHaveLength(1);
  });
});

describe("roles", () => {
  test("a member may not add, remove, rename, give roles or close", async () => {
    const [ada, bob, carol] = (await people(3)) as [Person, Person, Person];
    const id = await groupOf(ada, bob);
    for (const [method, path, body] of [
      ["POST", "/members", { userIds: [carol.id] }],
      ["DELETE", `/members/${ada.id}`, undefined],
      ["PATCH", "", { name: "Mine" }],
      ["PATCH", `/members/${bob.id}`, { role: "admin" }],
      ["DELETE", "", undefined],
    ] as const) {
      expectProblem(await bob.call(method, `/groups/${id}${path}`, body), 403, "FORBIDDEN");
      expectProblem(await carol.call(method, `/groups/${id}${path}`, body), 404, "NOT_FOUND");
    }
    expect(await entriesOf(ada, id)).toHaveLength(1);
  });

  test("an admin renames, and everybody gets an update entry", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    expect(await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "admin" })).toMatchObject({
      status: 200,
      body: { role: "admin" },
    });
    const a = await online(connectWebSocket, target, ada);
    expect(await bob.call("PATCH", `/groups/${id}`, { name: "Ours" })).toMatchObject({ status: 200, body: { name: "Ours" } });
    expect(await a.next("entry", (e) => e.kind === "update")).toMatchObject({ changes: { name: "Ours" } });
    expect((await ada.call("GET", `/conversations/${id}`)).body.name).toBe("Ours");
  });

  test("a description or picture that is taken away is nowhere, and taking it again appends nothing", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    const had = { description: "about", avatarUrl: "https://example.com/a.png" };
    expect((await ada.call("PATCH", `/groups/${id}`, had)).body).toMatchObject(had);
    for (const none of [{ description: null, avatarUrl: null }, { description: "" }]) {
      const { status, body } = await ada.call("PATCH", `/groups/${id}`, none);
      expect([status, body.description, body.avatarUrl]).toEqual([200, undefined, undefined]);
    }
    const { group } = (await bob.call("GET", `/conversations/${id}`)).body;
    expect([group.description, group.avatarUrl]).toEqual([undefined, undefined]);
    expect((await entriesOf(bob, id)).map((e) => e.kind)).toEqual(["member", "update", "update"]);
  });

  test("giving owner away makes the giver admin; before that an owner cannot leave", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    expectProblem(await ada.call("DELETE", `/groups/${id}/members/me`), 403, "FORBIDDEN");
    await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "owner" });
    expect((await ada.call("GET", `/groups/${id}`)).body).toMatchObject({ ownerId: bob.id, myRole: "admin" });
    expect((await ada.call("DELETE", `/groups/${id}/members/me`)).status).toBe(204);
  });

  test("a closed group is read-only", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    await say(ada, id, "last words");
    expect((await ada.call("DELETE", `/groups/${id}`)).status).toBe(204);
    for (const person of [ada, bob]) {
      expectProblem(
        await person.call("POST", `/conversations/${id}/messages`, { clientMsgId: newKey(), content: "x" }),
        403,
        "FORBIDDEN",
      );
      expect((await entriesOf(person, id)).map((e) => e.kind)).toEqual(["member", "message", "update"]);
    }
  });

  test("an admin may delete a member's message, a member not an admin's", async () => {
    const [ada, bob] = (await people(2)) as [Person, Person];
    const id = await groupOf(ada, bob);
    const [mine, his] = [await say(ada, id, "a"), await say(bob, id, "b")];
    expectProblem(await bob.call("DELETE", `/messages/${mine.id}?for=everyone`), 403, "FORBIDDEN");
    expect((await ada.call("DELETE", `/messages/${his.id}?for=everyone`)).status).toBe(200);
  });
});
