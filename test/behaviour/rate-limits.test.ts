import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startEngine, type TestEngine } from "../engine.ts";
import {
  anotherDevice,
  directBetween,
  expectProblem,
  newKey,
  newUsername,
  type Reply,
  rest,
  signUp,
} from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine({
    RATE_LIMITS: "on",
    SENDS_PER_SECOND: "1",
    SEND_BURST: "5",
    LOGINS_PER_MINUTE: "3",
    REGISTERS_PER_HOUR: "8",
  });
}, 60_000);
afterAll(() => engine.stop());

function expectToWait(reply: Reply): void {
  expectProblem(reply, 429, "RATE_LIMITED");
  const { retryAfterMs } = reply.body;
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(reply.headers.get("retry-after")).toBe(String(Math.ceil(retryAfterMs / 1000)));
}

describe("a device that sends faster than it may", () => {
  test("is told when to come back, over REST and over a socket; nothing of it is stored; its user's other device is not held up", async () => {
    const [ada, bob] = [await signUp(engine), await signUp(engine)];
    const conversationId = await directBetween(ada, bob);
    const a = await online(connectWebSocket, engine, ada);
    const sends = await Promise.all(
      Array.from({ length: 8 }, (_, i) => a.request("message:send", { conversationId, clientMsgId: newKey(), content: `${i}` })),
    );
    const refused = sends.filter((answer) => !answer.ok);
    expect(refused).not.toEqual([]);
    for (const { error } of refused) {
      expect(error).toEqual({ code: "RATE_LIMITED", message: expect.any(String), retryAfterMs: expect.any(Number) });
      expect(error.retryAfterMs).toBeGreaterThan(0);
    }
    let stored = 8 - refused.length;
    const post = () => ada.call("POST", `/conversations/${conversationId}/messages`, { clientMsgId: newKey(), content: "x" });
    let reply = await post();
    for (; reply.status === 201; reply = await post()) stored++;
    expectToWait(reply);
    expect((await bob.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({ lastSeq: stored, unread: stored });
    const phone = await anotherDevice(engine, ada);
    const sent = await phone.call("POST", `/conversations/${conversationId}/messages`, { clientMsgId: newKey(), content: "x" });
    expect(sent.status).toBe(201);
  });

  test("is told its limits by ready", async () => {
    const a = await online(connectWebSocket, engine, await signUp(engine));
    expect((await a.next("ready")).limits).toMatchObject({ sendsPerSecond: 1, burst: 5 });
  });
});

test("guessing a password is stopped, with the right one too", async () => {
  const ada = await signUp(engine);
  const login = (password: string) => rest(engine, "POST", "/auth/login", { body: { login: ada.username, password } });
  for (let i = 0; i < 3; i++) expectProblem(await login("a wrong guess"), 401, "UNAUTHENTICATED");
  expectToWait(await login("a wrong guess"));
  expectToWait(await login(ada.password));
});

test("one address does not make accounts without end", async () => {
  let reply: Reply;
  do reply = await rest(engine, "POST", "/auth/register", { body: { username: newUsername(), password: newKey() } });
  while (reply.status === 201);
  expectToWait(reply);
});
