import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { anotherDevice, expectProblem, goodPassword, newUsername, rest, signIn, signUp } from "./people.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const post = (path: string, body: unknown) => rest(target, "POST", path, { body });

describe("register", () => {
  test("answers 201 with the user and what is being verified", async () => {
    const username = newUsername();
    const email = `${username}@example.org`;
    const { status, body } = await post("/auth/register", { username, password: goodPassword(), email, displayName: "Ada" });
    expect(status).toBe(201);
    expect(body.user).toMatchObject({ id: expect.any(String), username, displayName: "Ada" });
    expect(body.verification).toEqual({ email: "sent" });
  });

  test("answers CONFLICT when the username or the email is taken, whatever its case", async () => {
    const username = newUsername();
    const email = `${username}@example.org`;
    await post("/auth/register", { username, password: goodPassword(), email });
    expectProblem(await post("/auth/register", { username: username.toUpperCase(), password: goodPassword() }), 409, "CONFLICT");
    expectProblem(
      await post("/auth/register", { username: newUsername(), email: email.toUpperCase(), password: goodPassword() }),
      409,
      "CONFLICT",
    );
  });

  test.each([
    ["a password of 7 characters", { password: "abcdefg" }],
    ["a password of 129 characters", { password: "a1".repeat(65).slice(0, 129) }],
    ["a common password", { password: "password" }],
    ["no password", { password: undefined }],
    ["a number as username", { username: 5 }],
    ["an empty username", { username: "" }],
    ["a direction override in the username", { username: "ad\u202ea" }],
    ["a broken email", { email: "nobody" }],
    ["a lone surrogate in the name", { displayName: "a\ud800" }],
  ])("refuses %s as VALIDATION", async (_, wrong) => {
    const reply = await post("/auth/register", { username: newUsername(), password: goodPassword(), ...wrong });
    expectProblem(reply, 422, "VALIDATION");
    expect(reply.body.errors).toEqual([{ path: Object.keys(wrong)[0], message: expect.any(String) }]);
  });

  test("ignores fields it does not know", async () => {
    const { status } = await post("/auth/register", { username: newUsername(), password: goodPassword(), colour: "blue" });
    expect(status).toBe(201);
  });
});

describe("login", () => {
  test("answers tokens and a device, by username or email", async () => {
    const email = `${newUsername()}@example.org`;
    const ada = await signUp(target, { email });
    const { status, body } = await post("/auth/login", { login: email, password: ada.password });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      user: { id: ada.id, username: ada.username, email, verified: { email: false, phone: false } },
      deviceId: expect.any(String),
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: expect.any(Number),
    });
    expect(body.deviceId).not.toBe(ada.deviceId);
  });

  test("says the same of an unknown user and of a wrong password", async () => {
    const ada = await signUp(target);
    const wrong = await post("/auth/login", { login: ada.username, password: goodPassword() });
    const unknown = await post("/auth/login", { login: newUsername(), password: goodPassword() });
    expectProblem(wrong, 401, "UNAUTHENTICATED");
    expect(unknown.body).toEqual(wrong.body);
  });

  test("keeps a device that the server gave this user, and no other", async () => {
    const ada = await signUp(target);
    const bob = await signUp(target);
    const again = await signIn(target, ada.username, ada.password, { id: ada.deviceId });
    expect(again.deviceId).toBe(ada.deviceId);
    const stranger = await signIn(target, ada.username, ada.password, { id: bob.deviceId });
    expect([ada.deviceId, bob.deviceId]).not.toContain(stranger.deviceId);
  });
});

describe("access tokens", () => {
  test("are asked for", async () => {
    expectProblem(await rest(target, "GET", "/users/me"), 401, "UNAUTHENTICATED");
  });

  test("that are forged are UNAUTHENTICATED", async () => {
    const ada = await signUp(target);
    const [head = "", body = "", signature = ""] = ada.token.split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
    const mine = createHmac("sha256", "a guess").update(`${head}.${body}`).digest("base64url");
    const other = Buffer.from(JSON.stringify({ ...JSON.parse(atob(body)), sub: "someone-else" })).toString("base64url");
    for (const token of [
      `${none}.${body}.`,
      `${head}.${body}.${mine}`,
      `${head}.${other}.${signature}`,
      "nonsense",
      `${head}.${body}`,
    ]) {
      expectProblem(await rest(target, "GET", "/users/me", { token }), 401, "UNAUTHENTICATED");
    }
  });
});

describe("refresh", () => {
  test("rotates: a new pair, and the old refresh token is spent", async () => {
    const ada = await signUp(target);
    const first = await post("/auth/refresh", { refreshToken: ada.refreshToken });
    expect(first.status).toBe(200);
    expect(first.body.refreshToken).not.toBe(ada.refreshToken);
    expect((await rest(target, "GET", "/users/me", { token: first.body.accessToken })).status).toBe(200);
  });

  test("of a spent token revokes the device", async () => {
    const ada = await signUp(target);
    const first = await post("/auth/refresh", { refreshToken: ada.refreshToken });
    expectProblem(await post("/auth/refresh", { refreshToken: ada.refreshToken }), 401, "UNAUTHENTICATED");
    expectProblem(await post("/auth/refresh", { refreshToken: first.body.refreshToken }), 401, "UNAUTHENTICATED");
    expectProblem(await rest(target, "GET", "/users/me", { token: first.body.accessToken }), 401, "UNAUTHENTICATED");
  });

  test("with the same requestId answers the same pair", async () => {
    const ada = await signUp(target);
    const ask = { refreshToken: ada.refreshToken, requestId: "r1" };
    const first = await post("/auth/refresh", ask);
    const second = await post("/auth/refresh", ask);
    expect(second.status).toBe(200);
    expect(second.body).toMatchObject({ accessToken: first.body.accessToken, refreshToken: first.body.refreshToken });
  });

  test("of a token nobody gave is UNAUTHENTICATED", async () => {
    expectProblem(await post("/auth/refresh", { refreshToken: "x".repeat(43) }), 401, "UNAUTHENTICATED");
  });
});

describe("sessions", () => {
  test("lists my devices and marks the current one", async () => {
    const ada = await signUp(target);
    const phone = await anotherDevice(target, ada);
    const { status, body } = await phone.call("GET", "/auth/sessions");
    expect(status).toBe(200);
    expect(body.items).toHaveLength(2);
    expect(body.items.find((d: { current: boolean }) => d.current)).toMatchObject({
      deviceId: phone.deviceId,
      lastSeenAt: expect.any(String),
    });
  });

  test("revoking one makes its tokens worthless", async () => {
    const ada = await signUp(target);
    const phone = await anotherDevice(target, ada);
    expect((await ada.call("DELETE", `/auth/sessions/${phone.deviceId}`)).status).toBe(204);
    expectProblem(await phone.call("GET", "/users/me"), 401, "UNAUTHENTICATED");
    expectProblem(await post("/auth/refresh", { refreshToken: phone.refreshToken }), 401, "UNAUTHENTICATED");
    expect((await ada.call("GET", "/users/me")).status).toBe(200);
  });

  test("another user's device is NOT_FOUND", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    expectProblem(await ada.call("DELETE", `/auth/sessions/${bob.deviceId}`), 404, "NOT_FOUND");
    expect((await bob.call("GET", "/users/me")).status).toBe(200);
  });

  test("logout ends this device", async () => {
    const ada = await signUp(target);
    expect((await ada.call("POST", "/auth/logout")).status).toBe(204);
    expectProblem(await ada.call("GET", "/users/me"), 401, "UNAUTHENTICATED");
  });
});

describe("profile", () => {
  test("is read and changed", async () => {
    const ada = await signUp(target);
    const patch = { displayName: "Ada L.", statusMessage: "at work", privacy: { lastSeen: "nobody" } };
    const changed = await ada.call("PATCH", "/users/me", patch);
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      displayName: "Ada L.",
      statusMessage: "at work",
      privacy: { lastSeen: "nobody", search: "everyone" },
    });
    expect((await ada.call("GET", "/users/me")).body).toEqual(changed.body);
  });

  test("of another shows no private field", async () => {
    const [ada, bob] = [await signUp(target, { email: `${newUsername()}@example.org` }), await signUp(target)];
    const { status, body } = await bob.call("GET", `/users/${ada.id}`);
    expect(status).toBe(200);
    expect(body).toEqual({ id: ada.id, username: ada.username, displayName: expect.any(String) });
  });

  test("of nobody is NOT_FOUND", async () => {
    const ada = await signUp(target);
    expectProblem(await ada.call("GET", "/users/0190a000-0000-7000-8000-000000000000"), 404, "NOT_FOUND");
  });

  test("is found by the beginning of its name, a page at a time", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const found = await bob.call("GET", `/users?q=${ada.username.slice(0, 10)}`);
    expect(found.body.items.map((u: { id: string }) => u.id)).toContain(ada.id);
    const first = await bob.call("GET", "/users?q=t&limit=1");
    expect(first.body.items).toHaveLength(1);
    const second = await bob.call("GET", `/users?q=t&limit=1&cursor=${encodeURIComponent(first.body.nextCursor)}`);
    expect(second.body.items[0]?.id).not.toBe(first.body.items[0].id);
  });

  test.each(["0", "201", "x", "-1", "1.5"])("search with limit=%s is VALIDATION", async (limit) => {
    const ada = await signUp(target);
    expectProblem(await ada.call("GET", `/users?q=a&limit=${limit}`), 422, "VALIDATION");
  });
});
