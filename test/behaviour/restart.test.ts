import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startEngine, type TestEngine } from "../engine.ts";
import { directBetween, expectProblem, groupOf, type Json, newKey, type Person, rest, say, signUp } from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";

let engine: TestEngine;
/** A server whose address may change: people call wherever it is. */
const target = {
  get url() {
    return engine.url;
  },
};
beforeAll(async () => {
  engine = await startEngine();
}, 60_000);
afterAll(() => engine.stop());

async function restart(): Promise<void> {
  await engine.stop({ keepData: true });
  engine = await startEngine({ DATA_DIR: engine.dataDir });
}

test("nothing that a client relies on is forgotten by a restart", async () => {
  const [ada, bob] = [await signUp(target), await signUp(target)];
  const conversationId = await directBetween(ada, bob);
  const group = await groupOf(ada, bob);
  const once = { clientMsgId: newKey(), content: "once" };
  const post = (person: Person, message: Json) => person.call("POST", `/conversations/${conversationId}/messages`, message);
  const sent = await post(ada, once);
  const a = await online(connectWebSocket, target, ada);
  const edit = { id: sent.body.id, content: "edited", clientMsgId: newKey() };
  await a.request("message:edit", edit);
  for (let i = 0; i < 3; i++) await say(ada, conversationId, `${i}`);
  const hidden = await say(ada, conversationId, "not for bob");
  await bob.call("DELETE", `/messages/${hidden.id}?for=me`);
  await bob.call("PATCH", `/conversations/${conversationId}`, { muted: true, draft: "d" });
  const b = await online(connectWebSocket, target, bob);
  await b.request("receipt:delivered", { conversationId, seq: 4 });
  await bob.call("POST", `/conversations/${conversationId}/read`, { seq: 3 });
  const key = { "idempotency-key": newKey() };
  const made = await ada.call("POST", "/groups", { name: "Once" }, key);
  const reads = (person: Person) =>
    Promise.all(
      [
        "/users/me",
        "/conversations",
        "/groups",
        `/groups/${group}/members`,
        `/conversations/${conversationId}/messages`,
        `/conversations/${conversationId}/entries`,
        `/messages/${sent.body.id}/receipts`,
      ].map(async (path) => (await person.call("GET", path)).body),
    );
  const before = [await reads(ada), await reads(bob)];

  await restart();

  expect([await reads(ada), await reads(bob)]).toEqual(before);
  expect(await post(ada, once)).toMatchObject({ status: 200, body: { id: sent.body.id, seq: 1, duplicate: true } });
  expectProblem(await post(ada, { ...once, content: "twice" }), 409, "CONFLICT");
  expectProblem(await post(ada, { ...once, clientMsgId: edit.clientMsgId }), 409, "CONFLICT");
  const again = await online(connectWebSocket, target, ada);
  expect((await again.request("message:edit", edit)).data).toEqual({ conversationId, seq: 2 });
  expect((await ada.call("POST", "/groups", { name: "Once" }, key)).body).toEqual(made.body);
  const back = await online(connectWebSocket, target, bob);
  expect(back.entries(conversationId).map((e) => [e.kind, e.seq])).toEqual([
    ["message", 5],
    ["hidden", 6],
  ]);
  expect((await say(bob, conversationId, "next")).seq).toBe(7);
  const refreshed = await rest(target, "POST", "/auth/refresh", { body: { refreshToken: ada.refreshToken } });
  expect(refreshed.status).toBe(200);
}, 60_000);

test("a device that was signed out stays out after a restart", async () => {
  const ada = await signUp(target);
  expect((await ada.call("POST", "/auth/logout")).status).toBe(204);
  await restart();
  expectProblem(await ada.call("GET", "/users/me"), 401, "UNAUTHENTICATED");
}, 60_000);
