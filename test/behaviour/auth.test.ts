import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import jwt from "jsonwebtoken";
import type { Returns } from "../../contracts/caller.ts";
import { authService } from "../../services/auth/auth.service.ts";
import { parseKeys } from "../../services/auth/signing-keys.ts";
import { type ServiceBench, type Stubs, serviceBench } from "../service-bench.ts";

type Session = Returns<"auth.login"> & { username: string };

const PASSWORD = "tall green lantern";
const stubs: Stubs = { "conversations.enrolDevice": () => {}, "conversations.forgetDevice": () => {} };
const MINUTE = 60_000;

let bench: ServiceBench;
let names = 0;

beforeAll(async () => {
  bench = await serviceBench([authService], { stubs });
});
afterAll(() => bench.stop());
beforeEach(() => {
  bench.calls.length = 0;
  bench.events.length = 0;
});

const newName = () => `person-${++names}`;
const register = (username: string, more: object = {}) =>
  bench.caller.call("auth.register", { username, password: PASSWORD, ...more });
const login = (name: string, more: object = {}) => bench.caller.call("auth.login", { login: name, password: PASSWORD, ...more });
const verify = (token: string) => bench.caller.call("auth.verifyToken", { token });
const refresh = (refreshToken: string, requestId?: string) => bench.caller.call("auth.refresh", { refreshToken, requestId });
const viewerOf = ({ user, deviceId }: Session) => ({ userId: user.id, deviceId });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "OK",
    (error) => error.code,
  );

async function signUp(more: object = {}): Promise<Session> {
  const username = newName();
  await register(username, more);
  return { ...(await login(username)), username };
}

describe("register", () => {
  test("answers the account and what is to be verified", async () => {
    const username = newName();
    const { user, verification } = await register(username, { email: `${username}@example.org`, phone: "+4915112345678" });
    expect(user).toMatchObject({ username, displayName: username, verified: { email: false, phone: false } });
    expect(verification).toEqual({ email: "sent", phone: "sent" });
    expect((await register(newName())).verification).toEqual({});
  });

  test.each([
    ["username", { username: "Ŝĉéné" }, { username: "ŝĈÉNÉ" }],
    ["username", { username: "ｗｉｄｅ" }, { username: "Wide" }],
    ["email", { email: "One@Example.org" }, { email: "oNE@example.ORG" }],
    ["phone", { phone: "+15551234567" }, { phone: "+15551234567" }],
  ])("refuses a %s that is taken, however it is written", async (field, first, second) => {
    await register(newName(), first);
    const refused = register(newName(), second);
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", data: { errors: [{ path: field }] } });
  });

  test("of many at once for one name, one succeeds", async () => {
    const username = newName();
    const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(register(username))));
    expect(codes.sort()).toEqual([...Array(7).fill("CONFLICT"), "OK"]);
  });

  test.each(["password", "Password123", "ｐａｓｓｗｏｒｄ1", "QWERTYUIOP"])(
    "refuses the common password %s",
    async (password) => {
      const refused = register(newName(), { password });
      await expect(refused).rejects.toMatchObject({ code: "VALIDATION", data: { errors: [{ path: "password" }] } });
    },
  );

  test("refuses a username that only looks like letters until it is composed", async () => {
    await expect(register("ab\ufdfa")).rejects.toMatchObject({ code: "VALIDATION", data: { errors: [{ path: "username" }] } });
  });

  test("keeps no password, only an argon2id hash", async () => {
    const { user } = await signUp();
    const [row] = await bench.database.sql.query<{ password_hash: string }>("SELECT password_hash FROM users WHERE id = $1", [
      user.id,
    ]);
    expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });
});

describe("login", () => {
  test("takes username, email and phone, in any case and spacing", async () => {
    const username = newName();
    await register(username, { email: `${username}@example.org`, phone: "+491700000001" });
    for (const name of [username.toUpperCase(), ` ${username} `, `${username}@EXAMPLE.org`, "+49 170 000-0001"]) {
      expect((await login(name)).user.username).toBe(username);
    }
  });

  test.each(["\0", "a\0da", "\ud800", "@", "+", "%", "'; --"])("as %j is UNAUTHENTICATED", async (name) => {
    expect(await codeOf(login(name))).toBe("UNAUTHENTICATED");
  });

  test("says the same of an unknown user and of a wrong password", async () => {
    const { username } = await signUp();
    const failures = await Promise.all(
      [login(username, { password: "wrong" }), login(newName())].map((attempt) => attempt.catch((error) => error.toSocket())),
    );
    expect(failures[0]).toEqual(failures[1]);
    expect(failures[0]).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("hashes as much for an unknown user as for a wrong password", async () => {
    const { username } = await signUp();
    const cpu = async (name: string) => {
      const before = process.cpuUsage();
      for (let i = 0; i < 5; i++) await login(name, { password: "wrong" }).catch(() => {});
      return process.cpuUsage(before).user;
    };
    const [known, unknown] = [await cpu(username), await cpu(newName())];
    expect(unknown).toBeGreaterThan(known / 2);
  });

  test("makes a new device, which starts at the present end of each conversation", async () => {
    const { user, deviceId } = await signUp();
    expect(bench.calls).toEqual([{ name: "conversations.enrolDevice", params: { userId: user.id, deviceId } }]);
  });

  test("keeps a device that this user had, with its cursors", async () => {
    const first = await signUp();
    bench.calls.length = 0;
    const second = await login(first.username, { device: { id: first.deviceId, name: "phone" } });
    expect(second.deviceId).toBe(first.deviceId);
    expect(bench.calls).toEqual([]);
    expect(await codeOf(refresh(first.refreshToken))).toBe("UNAUTHENTICATED");
    expect(await codeOf(refresh(second.refreshToken))).toBe("OK");
  });

  test.each([
    ["another user's device", true],
    ["a device nobody has", false],
  ])("does not give %s", async (_, exists) => {
    const mine = await signUp();
    const id = exists ? (await signUp()).deviceId : "0190a000-0000-7000-8000-000000000000";
    const { deviceId } = await login(mine.username, { device: { id } });
    expect([id, mine.deviceId]).not.toContain(deviceId);
  });

  test("signs a device in again that was signed out; its old tokens stay worthless", async () => {
    const first = await signUp();
    await bench.caller.call("auth.logout", { viewer: viewerOf(first) });
    bench.calls.length = 0;
    const second = await login(first.username, { device: { id: first.deviceId } });
    expect(second.deviceId).toBe(first.deviceId);
    expect(bench.calls.map(({ name }) => name)).toEqual(["conversations.enrolDevice"]);
    expect(await codeOf(verify(first.accessToken))).toBe("UNAUTHENTICATED");
    expect(await codeOf(verify(second.accessToken))).toBe("OK");
    expect(await codeOf(refresh(first.refreshToken))).toBe("UNAUTHENTICATED");
    expect(await codeOf(verify((await refresh(second.refreshToken)).accessToken))).toBe("OK");
  });

  test("answers OVERLOADED when too many wait, and serves those that do", async () => {
    const { username } = await signUp();
    const codes = await Promise.all(Array.from({ length: 130 }, () => codeOf(login(username, { password: "wrong" }))));
    expect(codes.filter((code) => code === "OVERLOADED").length).toBeGreaterThanOrEqual(20);
    expect(codes.filter((code) => code === "UNAUTHENTICATED").length).toBeGreaterThanOrEqual(100);
    expect(await codeOf(login(username))).toBe("OK");
  });
});

describe("an access token", () => {
  const secret = () =>
    parseKeys(readFileSync(join(bench.dataDir, "secret"), "utf8").trim())[0] as { kid: string; secret: string };
  const claims = (more: object = {}) => {
    const now = Math.floor(bench.clock.now() / 1000);
    return { sub: "u", did: "d", iat: now, exp: now + 900, jti: "j", ...more };
  };
  const sign = (payload: object, options: jwt.SignOptions, key = secret().secret) =>
    jwt.sign(JSON.parse(JSON.stringify(payload)), key, options);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

  test("says who and on which device, until when, and names its key", async () => {
    const session = await signUp();
    const expiresAt = bench.clock.now() + session.expiresIn * 1000;
    expect(await verify(session.accessToken)).toEqual({ ...viewerOf(session), expiresAt: expiresAt - (expiresAt % 1000) });
    const { header, payload } = jwt.decode(session.accessToken, { complete: true }) ?? {};
    expect(header).toMatchObject({ alg: "HS256", kid: secret().kid });
    expect(payload).toMatchObject({ sub: session.user.id, did: session.deviceId, jti: expect.any(String) });
  });

  test.each<[string, () => string]>([
    ["nothing", () => ""],
    ["no token", () => "not.a.token"],
    ["two parts", () => sign(claims(), { keyid: secret().kid }).split(".").slice(0, 2).join(".")],
    ["alg none", () => `${encode({ alg: "none", typ: "JWT", kid: secret().kid })}.${encode(claims())}.`],
    ["alg none with a signature", () => `${encode({ alg: "none", kid: secret().kid })}.${encode(claims())}.c2ln`],
    ["another algorithm", () => sign(claims(), { keyid: secret().kid, algorithm: "HS512" })],
    ["another key", () => sign(claims(), { keyid: secret().kid }, "some other secret of some length")],
    ["an unknown kid", () => sign(claims(), { keyid: "nobody" })],
    ["no kid", () => sign(claims(), {})],
    ["no device", () => sign(claims({ did: undefined }), { keyid: secret().kid })],
    ["no end", () => sign(claims({ exp: undefined }), { keyid: secret().kid })],
    ["a text instead of claims", () => jwt.sign("text", secret().secret, { keyid: secret().kid })],
    [
      "a forged one that is old, too",
      () => sign(claims({ exp: 1 }), { keyid: secret().kid }, "some other secret of some length"),
    ],
  ])("with %s is UNAUTHENTICATED", async (_, token) => {
    expect(await codeOf(verify(sign(claims(), { keyid: secret().kid })))).toBe("OK");
    expect(await codeOf(verify(token()))).toBe("UNAUTHENTICATED");
  });

  test("whose claims were changed is UNAUTHENTICATED", async () => {
    const { accessToken } = await signUp();
    const [head, body = "", signature] = accessToken.split(".");
    const changed = encode({ ...JSON.parse(Buffer.from(body, "base64url").toString()), sub: "somebody-else" });
    expect(await codeOf(verify(`${head}.${changed}.${signature}`))).toBe("UNAUTHENTICATED");
  });

  test("that is only old is TOKEN_EXPIRED, however often it is shown", async () => {
    const { accessToken } = await signUp();
    bench.clock.turn(15 * MINUTE - 1000);
    expect(await codeOf(verify(accessToken))).toBe("OK");
    bench.clock.turn(1000);
    for (let i = 0; i < 3; i++) expect(await codeOf(verify(accessToken))).toBe("TOKEN_EXPIRED");
    bench.clock.turn(24 * 60 * MINUTE);
    expect(await codeOf(verify(accessToken))).toBe("TOKEN_EXPIRED");
  });

  test("is signed with a secret that only this user of the machine may read, made once", () => {
    const file = join(bench.dataDir, "secret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8").trim()).toMatch(/^[\w-]{43}$/);
  });
});

describe("refresh", () => {
  test("gives a new pair, and the old refresh token is spent: using it revokes the device", async () => {
    const session = await signUp();
    const second = await refresh(session.refreshToken);
    const third = await refresh(second.refreshToken);
    expect(new Set([session.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3);
    expect(await verify(third.accessToken)).toMatchObject(viewerOf(session));
    bench.calls.length = 0;
    expect(await codeOf(refresh(session.refreshToken))).toBe("UNAUTHENTICATED");
    expect(bench.events).toMatchObject([{ name: "auth.deviceRevoked", payload: viewerOf(session) }]);
    expect(bench.calls).toMatchObject([{ name: "conversations.forgetDevice", params: viewerOf(session) }]);
    expect(await codeOf(verify(third.accessToken))).toBe("UNAUTHENTICATED");
    expect(await codeOf(refresh(third.refreshToken))).toBe("UNAUTHENTICATED");
  });

  test("with the same requestId gives the same pair for 60 s", async () => {
    const { refreshToken } = await signUp();
    const first = await refresh(refreshToken, "r1");
    bench.clock.turn(MINUTE);
    expect(await refresh(refreshToken, "r1")).toEqual(first);
    expect(await codeOf(refresh(first.refreshToken))).toBe("OK");
  });

  test.each([
    ["another requestId", 0, "r2"],
    ["no requestId", 0, undefined],
    ["the same requestId after more than 60 s", MINUTE + 1, "r1"],
  ])("of a spent token with %s revokes the device", async (_, wait, requestId) => {
    const { refreshToken } = await signUp();
    const next = await refresh(refreshToken, "r1");
    bench.clock.turn(wait);
    expect(await codeOf(refresh(refreshToken, requestId))).toBe("UNAUTHENTICATED");
    expect(await codeOf(refresh(next.refreshToken))).toBe("UNAUTHENTICATED");
  });

  test("at once with the same token: one wins, and the device is revoked", async () => {
    const { refreshToken } = await signUp();
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(refresh(refreshToken))));
    expect(codes.filter((code) => code === "OK")).toHaveLength(1);
    expect(bench.events.filter(({ name }) => name === "auth.deviceRevoked")).toHaveLength(1);
  });

  test("at once with the same token and requestId: all get one pair", async () => {
    const { refreshToken } = await signUp();
    const pairs = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken, "r")));
    expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(1);
  });

  test("of a token nobody gave is UNAUTHENTICATED and revokes nothing", async () => {
    const session = await signUp();
    const [id, secret = "", tag = ""] = session.refreshToken.split(".");
    const forged = [
      `${id}.${"A".repeat(43)}.${tag}`,
      `${id}.${secret}.${"A".repeat(22)}`,
      `${id}.${secret}.`,
      "x".repeat(43),
      "",
      "..",
      "\0.a.b",
    ];
    for (const token of forged) expect(await codeOf(refresh(token))).toBe("UNAUTHENTICATED");
    expect(bench.events).toEqual([]);
    expect(await codeOf(refresh(session.refreshToken))).toBe("OK");
  });

  test("of a token that was not used for 60 days is TOKEN_EXPIRED, and using it puts that off", async () => {
    const session = await signUp();
    const used = await signUp();
    bench.clock.turn(59 * 24 * 60 * MINUTE);
    const next = await refresh(used.refreshToken);
    bench.clock.turn(2 * 24 * 60 * MINUTE);
    expect(await codeOf(refresh(session.refreshToken))).toBe("TOKEN_EXPIRED");
    expect(await codeOf(refresh(next.refreshToken))).toBe("OK");
  });

  test("keeps no token, only hashes", async () => {
    const { refreshToken } = await signUp();
    const next = await refresh(refreshToken, "r1");
    const stored = JSON.stringify(await bench.database.sql.query("SELECT * FROM devices"));
    for (const token of [refreshToken, next.refreshToken, next.accessToken]) expect(stored).not.toContain(token.split(".")[1]);
  });
});

describe("sessions", () => {
  test("are listed with the current one marked, newest seen first", async () => {
    const first = await signUp();
    bench.clock.turn(1000);
    const second = await login(first.username, { device: { name: "laptop", platform: "web" } });
    const { items } = await bench.caller.call("auth.sessions", { viewer: viewerOf(first) });
    expect(items).toMatchObject([
      { deviceId: second.deviceId, name: "laptop", platform: "web", current: false },
      { deviceId: first.deviceId, current: true },
    ]);
    bench.clock.turn(1000);
    await bench.caller.call("auth.verifyToken", { token: first.accessToken, seen: true });
    const seen = (await bench.caller.call("auth.sessions", { viewer: viewerOf(first) })).items.find(({ current }) => current);
    expect(seen?.lastSeenAt).toBe(new Date(bench.clock.now()).toISOString());
  });

  test("end by logout: the tokens are worthless at once and everybody is told", async () => {
    const session = await signUp();
    await bench.caller.call("auth.logout", { viewer: viewerOf(session) });
    expect(bench.events).toEqual([
      { name: "auth.deviceRevoked", payload: { ...viewerOf(session), revokedAt: bench.clock.now() } },
    ]);
    expect(await codeOf(verify(session.accessToken))).toBe("UNAUTHENTICATED");
    expect(await codeOf(refresh(session.refreshToken))).toBe("UNAUTHENTICATED");
  });

  test("end by revoking one of one's own devices, not another's", async () => {
    const mine = await signUp();
    const other = await login(mine.username);
    const stranger = await signUp();
    const revoke = (deviceId: string) => codeOf(bench.caller.call("auth.revoke", { viewer: viewerOf(mine), deviceId }));
    expect(await revoke(stranger.deviceId)).toBe("NOT_FOUND");
    expect(await revoke("nothing")).toBe("NOT_FOUND");
    expect(await revoke(other.deviceId)).toBe("OK");
    expect(await revoke(other.deviceId)).toBe("NOT_FOUND");
    expect(await codeOf(verify(other.accessToken))).toBe("UNAUTHENTICATED");
    expect(await codeOf(verify(stranger.accessToken))).toBe("OK");
    expect(await codeOf(verify(mine.accessToken))).toBe("OK");
  });

  test("that ended are known to a node that starts later", async () => {
    const session = await signUp();
    await bench.caller.call("auth.logout", { viewer: viewerOf(session) });
    const node = await bench.another(authService);
    expect(await codeOf(node.caller.call("auth.verifyToken", { token: session.accessToken }))).toBe("UNAUTHENTICATED");
    await node.stop();
  });

  test("that ended are told to who may have missed it", async () => {
    const session = await signUp();
    bench.clock.turn(1);
    const since = bench.clock.now();
    await bench.caller.call("auth.logout", { viewer: viewerOf(session) });
    const { devices } = await bench.caller.call("auth.revokedSince", { since });
    expect(devices).toEqual([{ ...viewerOf(session), revokedAt: since }]);
    expect(await bench.caller.call("auth.revokedSince", { since: since + 1 })).toEqual({ devices: [] });
  });

  test("that ended elsewhere are refused as soon as the event arrives", async () => {
    const session = await signUp();
    const node = await bench.another(authService);
    await node.caller.call("auth.verifyToken", { token: session.accessToken });
    node.caller.broadcast("auth.deviceRevoked", { ...viewerOf(session), revokedAt: bench.clock.now() });
    expect(await codeOf(node.caller.call("auth.verifyToken", { token: session.accessToken }))).toBe("UNAUTHENTICATED");
    await node.stop();
  });
});

describe("the password", () => {
  const change = (session: Session, oldPassword: string, password: string) =>
    bench.caller.call("auth.changePassword", { viewer: viewerOf(session), oldPassword, password });

  test("is changed by who knows the old one, and signs the other devices out", async () => {
    const session = await signUp();
    const other = await login(session.username);
    await change(session, PASSWORD, "a wholly other lantern");
    expect(await codeOf(verify(session.accessToken))).toBe("OK");
    expect(await codeOf(verify(other.accessToken))).toBe("UNAUTHENTICATED");
    expect(await codeOf(login(session.username))).toBe("UNAUTHENTICATED");
    expect(await codeOf(login(session.username, { password: "a wholly other lantern" }))).toBe("OK");
  });

  test("is not changed with a wrong old one, nor into a common one", async () => {
    const session = await signUp();
    expect(await codeOf(change(session, "wrong", "a wholly other lantern"))).toBe("FORBIDDEN");
    expect(await codeOf(change(session, PASSWORD, "password123"))).toBe("VALIDATION");
    expect(await codeOf(login(session.username))).toBe("OK");
  });
});

describe("rate limits", () => {
  let limited: ServiceBench;
  beforeAll(async () => {
    const env = { RATE_LIMITS: "on", LOGINS_PER_MINUTE: "3", REGISTERS_PER_HOUR: "5" };
    limited = await serviceBench([authService], { stubs, env });
    for (const username of ["ada", "bob", "cyd"]) await limited.caller.call("auth.register", { username, password: PASSWORD });
  });
  afterAll(() => limited.stop());
  const attempt = (name: string, password: string, ip = "192.0.2.1") =>
    limited.caller.call("auth.login", { login: name, password, ip });

  test("stop guessing one name after so many failures, even the right guess, and say for how long", async () => {
    for (let i = 0; i < 3; i++) expect(await codeOf(attempt("ada", "wrong"))).toBe("UNAUTHENTICATED");
    const refused = await attempt("ADA", PASSWORD).catch((error) => error);
    expect(refused).toMatchObject({ code: "RATE_LIMITED", data: { retryAfterMs: expect.any(Number) } });
    expect(refused.data.retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(await codeOf(attempt("bob", PASSWORD))).toBe("OK");
  });

  test("let no more guesses through at once than in turn", async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(attempt("cyd", "wrong", "192.0.2.2"))));
    expect(codes.filter((code) => code === "UNAUTHENTICATED").length).toBeLessThanOrEqual(4);
    expect(codes.filter((code) => code === "RATE_LIMITED").length).toBeGreaterThanOrEqual(16);
  });

  test("do not count what succeeds", async () => {
    const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf(attempt("bob", PASSWORD, "192.0.2.3"))));
    expect(new Set(codes)).toEqual(new Set(["OK"]));
  });

  test("stop an address that tries many names", async () => {
    const codes: string[] = [];
    for (let i = 0; i < 31; i++) codes.push(await codeOf(attempt(`nobody${i}`, "wrong", "192.0.2.4")));
    expect(codes).toEqual([...Array(30).fill("UNAUTHENTICATED"), "RATE_LIMITED"]);
  });

  test("bound the accounts that one address makes", async () => {
    const codes: string[] = [];
    for (let i = 0; i < 6; i++) {
      const params = { username: `many${i}`, password: PASSWORD, ip: "192.0.2.5" };
      codes.push(await codeOf(limited.caller.call("auth.register", params)));
    }
    expect(codes).toEqual([...Array(5).fill("OK"), "RATE_LIMITED"]);
  });
});
