import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { io } from "socket.io-client";
import { startEngine, type TestEngine } from "../engine.ts";
import { expectProblem, type Json, type Reply, rest, signUp } from "../protocol/people.ts";
import { connectWebSocket } from "../protocol/sockets.ts";

const SECONDS = 2;

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine({ ACCESS_TOKEN_SECONDS: String(SECONDS), HEARTBEAT_MS: "200" });
}, 60_000);
afterAll(() => engine.stop());

test("an old token is TOKEN_EXPIRED everywhere, and a refreshed one is good", async () => {
  const ada = await signUp(engine);
  let reply: Reply;
  do reply = await ada.call("GET", "/users/me");
  while (reply.status === 200);
  expectProblem(reply, 401, "TOKEN_EXPIRED");
  expectProblem(await rest(engine, "GET", `/events?token=${ada.token}`), 401, "TOKEN_EXPIRED");
  const late = await connectWebSocket(engine, ada);
  expect(await late.closed).toEqual({ code: 4401, reason: "TOKEN_EXPIRED" });
  const refused = await new Promise<Json>((resolve) => {
    const socket = io(engine.url, {
      auth: { token: ada.token, v: 1 },
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
    });
    socket.once("connect_error", (error) => resolve((error as Error & { data?: Json }).data));
  });
  expect(refused).toEqual({ code: "TOKEN_EXPIRED", message: expect.any(String) });
  const { status, body } = await rest(engine, "POST", "/auth/refresh", { body: { refreshToken: ada.refreshToken } });
  expect([status, body.expiresIn]).toEqual([200, SECONDS]);
  expect((await rest(engine, "GET", "/users/me", { token: body.accessToken })).status).toBe(200);
});
