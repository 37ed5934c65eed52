import { describe, expect, test } from "@jest/globals";
import {
  anotherDevice,
  directBetween,
  expectProblem,
  goodPassword,
  groupOf,
  type Json,
  newKey,
  newUsername,
  type Person,
  rest,
  say,
  signUp,
} from "./people.ts";
import { expectShape } from "./shapes.ts";
import { connectWebSocket, online } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const nobody = "0190a000-0000-7000-8000-000000000000";

async function pair() {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  return { ada, bob, conversationId: await directBetween(ada, bob) };
}

describe("an error", () => {
  test("over REST is a problem with the fields of the page, whatever went wrong", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    const message = await say(ada, conversationId, "x");
    const clientMsgId = newKey();
    await ada.call("POST", `/conversations/${conversationId}/messages`, { clientMsgId, content: "a" });
    await ada.call("DELETE", `/messages/${message.id}?for=everyone`);
    const cases: [number, string, ReturnType<Person["call"]>][] = [
      [401, "UNAUTHENTICATED", rest(target, "GET", "/users/me", { token: "x" })],
      [403, "FORBIDDEN", bob.call("PATCH", `/groups/${group}`, { name: "x" })],
      [404, "NOT_FOUND", ada.call("GET", `/conversations/${nobody}`)],
      [404, "NOT_FOUND", ada.call("GET", "/no/such/path")],
      [404, "NOT_FOUND", ada.call("GET", `/messages/${nobody}/receipts`)],
      [409, "CONFLICT", ada.call("POST", `/conversations/${conversationId}/messages`, { clientMsgId, content: "b" })],
      [410, "GONE", ada.call("PATCH", `/messages/${message.id}`, { content: "x" })],
      [413, "PAYLOAD_TOO_LARGE", ada.call("POST", "/groups", { name: "x".repeat(2_000_000) })],
      [422, "VALIDATION", ada.call("POST", "/conversations", "{")],
      [422, "VALIDATION", ada.call("POST", "/conversations", {})],
    ];
    for (const [status, code, asked] of cases) {
      const reply = await asked;
      expectProblem(reply, status, code);
      expectShape("problem", reply.body);
    }
  });

  test("of wrong fields names each by its path", async () => {
    const { ada, bob } = await pair();
    const { body } = await ada.call("POST", "/groups", { name: 5, memberIds: [bob.id, 7], isPrivate: "yes" });
    expect(body.errors.map((e: Json) => e.path).sort()).toEqual(["isPrivate", "memberIds.1", "name"]);
    const missing = await ada.call("POST", `/conversations/${await directBetween(ada, bob)}/messages`, { content: "x" });
    expect(missing.body.errors).toEqual([{ path: "clientMsgId", message: expect.any(String) }]);
    const a = await online(connectWebSocket, target, ada);
    const { error } = await a.request("receipt:read", { conversationId: 5, seq: "1" });
    expect(error.errors.map((e: Json) => e.path).sort()).toEqual(["conversationId", "seq"]);
    expectShape("socketError", error);
  });

  test("over a socket has code and message, and no other field", async () => {
    const { ada, bob, conversationId } = await pair();
    const a = await online(connectWebSocket, target, ada);
    const message = await say(bob, conversationId, "x");
    for (const [event, data, code] of [
      ["message:edit", { id: message.id, content: "y" }, "FORBIDDEN"],
      ["message:edit", { id: nobody, content: "y" }, "NOT_FOUND"],
      ["typing", { conversationId: nobody, state: "start" }, "NOT_FOUND"],
      ["receipt:read", { conversationId, seq: 9 }, "VALIDATION"],
      ["no:such", {}, "VALIDATION"],
    ] as const) {
      const answer = await a.request(event, data);
      expect({ ok: answer.ok, code: answer.error.code, data: answer.data }).toEqual({ ok: false, code, data: undefined });
      expectShape("socketError", answer.error);
    }
  });
});

describe("a list", () => {
  const lists = (conversationId: string, group: string): string[] => [
    "/users?q=t",
    "/groups?",
    `/groups/${group}/members?`,
    "/conversations?",
    `/conversations/${conversationId}/messages?`,
    `/conversations/${conversationId}/entries?`,
  ];

  test("takes a limit of 1 to 200 and no other", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    for (const list of lists(conversationId, group)) {
      for (const limit of [1, 200]) {
        expect([list, limit, (await ada.call("GET", `${list}&limit=${limit}`)).status]).toEqual([list, limit, 200]);
      }
      for (const limit of ["0", "201", "-1", "1.5", "ten", "1e2", ""]) {
        expectProblem(await ada.call("GET", `${list}&limit=${limit}`), 422, "VALIDATION");
      }
    }
  });

  test("refuses a cursor that it did not give", async () => {
    const { ada, bob, conversationId } = await pair();
    const group = await groupOf(ada, bob);
    for (const list of lists(conversationId, group).slice(0, 4)) {
      for (const cursor of ["garbage", "%00", Buffer.from("[]").toString("base64url"), "x".repeat(300)]) {
        expectProblem(await ada.call("GET", `${list}&cursor=${cursor}`), 422, "VALIDATION");
      }
    }
  });

  test("gives 50 by default, and no nextCursor on its last page", async () => {
    const { ada, bob, conversationId } = await pair();
    const a = await online(connectWebSocket, target, ada);
    await Promise.all(
      Array.from({ length: 51 }, (_, i) => a.request("message:send", { conversationId, clientMsgId: newKey(), content: `${i}` })),
    );
    for (const kind of ["messages", "entries"]) {
      expect((await bob.call("GET", `/conversations/${conversationId}/${kind}`)).body.items).toHaveLength(50);
      expect((await bob.call("GET", `/conversations/${conversationId}/${kind}?limit=200`)).body.items).toHaveLength(51);
    }
    const { body } = await ada.call("GET", "/conversations");
    expect(body).toEqual({ items: [expect.objectContaining({ id: conversationId })] });
  });

  test("pages without a gap and a repeat", async () => {
    const { ada, bob } = await pair();
    const groups = [];
    for (let i = 0; i < 5; i++) groups.push(await groupOf(ada, bob));
    for (const list of ["/groups", "/conversations"]) {
      const seen: string[] = [];
      for (let cursor = ""; ; ) {
        const { body } = await ada.call("GET", `${list}?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        seen.push(...body.items.map((one: Json) => one.id));
        if (!body.nextCursor) break;
        cursor = body.nextCursor;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(groups));
    }
  });
});

describe("an Idempotency-Key", () => {
  const key = () => ({ "idempotency-key": newKey() });

  test("makes a POST that makes something run once", async () => {
    const { ada, bob } = await pair();
    const carol = await signUp(target);
    const group = await groupOf(ada, bob);
    const posts: [string, object, object][] = [
      ["/conversations", { userId: carol.id }, { userId: nobody }],
      ["/groups", { name: "Once" }, { name: "Twice" }],
      [`/groups/${group}/members`, { userIds: [carol.id] }, { userIds: [bob.id] }],
    ];
    for (const [path, body, other] of posts) {
      const header = key();
      const first = await ada.call("POST", path, body, header);
      const again = await ada.call("POST", path, body, header);
      expect([path, again.status, again.body]).toEqual([path, 201, first.body]);
      expectProblem(await ada.call("POST", path, other, header), 409, "CONFLICT");
    }
    expect((await ada.call("GET", "/groups")).body.items).toHaveLength(2);
  });

  test("is welcome where a POST may be repeated without one", async () => {
    const { ada, bob, conversationId } = await pair();
    const header = key();
    const message = { clientMsgId: newKey(), content: "once" };
    const first = await ada.call("POST", `/conversations/${conversationId}/messages`, message, header);
    const again = await ada.call("POST", `/conversations/${conversationId}/messages`, message, header);
    expect([first.status, again.body.id]).toEqual([201, first.body.id]);
    for (const kind of ["delivered", "read", "read"]) {
      expect((await bob.call("POST", `/conversations/${conversationId}/${kind}`, { seq: 1 }, key())).status).toBe(204);
    }
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.lastSeq).toBe(1);
  });

  test("of a registration answers the same account", async () => {
    const header = key();
    const body = { username: newUsername(), password: goodPassword() };
    const first = await rest(target, "POST", "/auth/register", { body, headers: header });
    const again = await rest(target, "POST", "/auth/register", { body, headers: header });
    expect([again.status, again.body]).toEqual([201, first.body]);
  });

  test("belongs to who used it", async () => {
    const { ada, bob } = await pair();
    const header = key();
    const [mine, his] = [
      await ada.call("POST", "/groups", { name: "Same" }, header),
      await bob.call("POST", "/groups", { name: "Same" }, header),
    ];
    expect([mine.status, his.status]).toEqual([201, 201]);
    expect(his.body.group.id).not.toBe(mine.body.group.id);
  });
});

describe("a change that changes nothing appends nothing and answers the existing seq", () => {
  test("for messages", async () => {
    const { ada, conversationId } = await pair();
    const a = await online(connectWebSocket, target, ada);
    const { id } = await say(ada, conversationId, "same");
    const asked = async (event: string, data: object) => (await a.request(event, { id, ...data })).data;
    const at = (seq: number) => ({ conversationId, seq });
    expect(await asked("message:edit", { content: "same" })).toEqual(at(1));
    expect(await asked("message:react", { emoji: "👍", op: "remove" })).toEqual(at(1));
    expect(await asked("message:pin", { op: "remove" })).toEqual(at(1));
    expect(await asked("message:pin", { op: "add" })).toEqual(at(2));
    expect(await asked("message:pin", { op: "add" })).toEqual(at(2));
    expect(await asked("message:edit", { content: "other" })).toEqual(at(3));
    expect(await asked("message:edit", { content: "other" })).toEqual(at(3));
    expect(await asked("message:delete", { for: "everyone" })).toEqual(at(4));
    expect(await asked("message:delete", { for: "everyone" })).toEqual(at(4));
    expect((await ada.call("GET", `/conversations/${conversationId}`)).body.lastSeq).toBe(4);
  });

  test("for groups", async () => {
    const { ada, bob } = await pair();
    const id = await groupOf(ada, bob);
    expect(await ada.call("PATCH", `/groups/${id}`, { name: "A group" })).toMatchObject({ status: 200 });
    expect(await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "member" })).toMatchObject({ status: 200 });
    expect(await ada.call("POST", `/groups/${id}/members`, { userIds: [bob.id, ada.id] })).toMatchObject({ status: 201 });
    expect((await ada.call("GET", `/conversations/${id}`)).body.lastSeq).toBe(1);
    expect((await ada.call("DELETE", `/groups/${id}`)).status).toBe(204);
    expect((await ada.call("DELETE", `/groups/${id}`)).status).toBe(204);
    expect((await ada.call("GET", `/conversations/${id}`)).body.lastSeq).toBe(2);
  });
});

describe("changing the password", () => {
  test("answers 204, and the new one is good and the old one is not", async () => {
    const ada = await signUp(target);
    const other = await anotherDevice(target, ada);
    const password = goodPassword();
    expectProblem(await ada.call("PUT", "/auth/password", { oldPassword: "wrong one", password }), 403, "FORBIDDEN");
    const changed = await ada.call("PUT", "/auth/password", { oldPassword: ada.password, password });
    expect([changed.status, changed.body]).toEqual([204, undefined]);
    const login = (secret: string) => rest(target, "POST", "/auth/login", { body: { login: ada.username, password: secret } });
    expect((await login(password)).status).toBe(200);
    expectProblem(await login(ada.password), 401, "UNAUTHENTICATED");
    expect((await ada.call("GET", "/users/me")).status).toBe(200);
    expect([200, 401]).toContain((await other.call("GET", "/users/me")).status);
  });
});
