import { describe, expect, test } from "@jest/globals";
import { expectProblem, goodPassword, newUsername, rest, signIn, signUp } from "./people.ts";
import { expectShape, ISO } from "./shapes.ts";
import { useTarget } from "./target.ts";

const target = useTarget();
const post = (path: string, body: unknown) => rest(target, "POST", path, { body });
const newPhone = () => `+49${String(Math.random()).slice(2, 13)}`;

describe("an account", () => {
  test("by phone: verification is sent, it is unique, and it is a login", async () => {
    const phone = newPhone();
    const [username, password] = [newUsername(), goodPassword()];
    const made = await post("/auth/register", { username, password, phone });
    expect(made).toMatchObject({ status: 201, body: { verification: { phone: "sent" }, user: { phone } } });
    expectShape("me", made.body.user);
    expectProblem(await post("/auth/register", { username: newUsername(), password, phone }), 409, "CONFLICT");
    expect((await post("/auth/login", { login: phone, password })).body.user.username).toBe(username);
  });

  test("without email and phone has nothing to verify", async () => {
    const { body } = await post("/auth/register", { username: newUsername(), password: goodPassword() });
    expect(body.verification).toEqual({});
    expect(Object.keys(body).sort()).toEqual(["user", "verification"]);
    expect(body.user).not.toHaveProperty("email");
  });

  test.each([8, 128])("takes a password of %i characters", async (length) => {
    const password = goodPassword().repeat(20).slice(0, length);
    const username = newUsername();
    expect((await post("/auth/register", { username, password })).status).toBe(201);
    expect((await post("/auth/login", { login: username, password })).status).toBe(200);
  });

  test("is nowhere shown with its password", async () => {
    const ada = await signUp(target);
    const answers = [
      await ada.call("GET", "/users/me"),
      await ada.call("GET", "/auth/sessions"),
      await post("/auth/login", { login: ada.username, password: ada.password }),
      await post("/auth/register", { username: ada.username, password: ada.password }),
      await post("/auth/login", { login: ada.username, password: `${ada.password}x` }),
    ];
    for (const { body } of answers) {
      expect(JSON.stringify(body)).not.toContain(ada.password);
      expect(JSON.stringify(body)).not.toMatch(/argon2|"password/);
    }
  });
});

describe("signing in", () => {
  test("answers the fields of the page and no other", async () => {
    const ada = await signUp(target);
    const { status, body } = await post("/auth/login", { login: ada.username, password: ada.password });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(["accessToken", "deviceId", "expiresIn", "refreshToken", "user"]);
    expectShape("me", body.user);
    expect(body.expiresIn).toBeGreaterThan(0);
    const fresh = await post("/auth/refresh", { refreshToken: body.refreshToken });
    expect(Object.keys(fresh.body).sort()).toEqual(["accessToken", "expiresIn", "refreshToken"]);
  });

  test("names the device in the list of sessions, and keeps it when it comes back", async () => {
    const ada = await signUp(target);
    const phone = await signIn(target, ada.username, ada.password, { name: "Ada's phone", platform: "ios" });
    const listed = async () => (await ada.call("GET", "/auth/sessions")).body.items;
    const mine = (await listed()).find((d: { deviceId: string }) => d.deviceId === phone.deviceId);
    expect(mine).toEqual({
      deviceId: phone.deviceId,
      name: "Ada's phone",
      platform: "ios",
      lastSeenAt: expect.stringMatching(ISO),
      current: false,
    });
    const again = await signIn(target, ada.username, ada.password, { id: phone.deviceId });
    expect(again.deviceId).toBe(phone.deviceId);
    expect(await listed()).toHaveLength(2);
    expect((await listed()).filter((d: { current: boolean }) => d.current)).toMatchObject([{ deviceId: ada.deviceId }]);
  });

  test("with an id the server never gave makes a device of its own", async () => {
    const ada = await signUp(target);
    const { deviceId } = await signIn(target, ada.username, ada.password, { id: "0190a000-0000-7000-8000-000000000000" });
    expect(deviceId).not.toBe("0190a000-0000-7000-8000-000000000000");
  });

  test.each([
    ["no login", { login: undefined }, "login"],
    ["a login that is a number", { login: 5 }, "login"],
    ["a password that is a list", { password: ["x"] }, "password"],
    ["a device that is text", { device: "phone" }, "device"],
    ["a device name that is a number", { device: { name: 5 } }, "device.name"],
  ])("with %s is VALIDATION", async (_, wrong, path) => {
    const reply = await post("/auth/login", { login: "x", password: "y", ...wrong });
    expectProblem(reply, 422, "VALIDATION");
    expect(reply.body.errors).toEqual([{ path, message: expect.any(String) }]);
  });

  test("changing the password does not sign this device out", async () => {
    const ada = await signUp(target);
    const password = goodPassword();
    for (const wrong of ["short", "password", "x".repeat(129)]) {
      expectProblem(await ada.call("PUT", "/auth/password", { oldPassword: ada.password, password: wrong }), 422, "VALIDATION");
    }
    expect((await ada.call("PUT", "/auth/password", { oldPassword: ada.password, password })).status).toBe(204);
    expect((await post("/auth/refresh", { refreshToken: ada.refreshToken })).status).toBe(200);
  });
});

describe("a profile", () => {
  test.each([
    ["an empty name", { displayName: "" }],
    ["a name of 65 characters", { displayName: "x".repeat(65) }],
    ["a direction override", { displayName: "a\u202eb" }],
    ["an avatar that is no web address", { avatarUrl: "javascript:alert(1)" }],
    ["a privacy nobody knows", { privacy: { lastSeen: "friends" } }],
    ["readReceipts that are text", { privacy: { readReceipts: "no" } }],
  ])("with %s is VALIDATION", async (_, wrong) => {
    const ada = await signUp(target);
    const before = (await ada.call("GET", "/users/me")).body;
    expectProblem(await ada.call("PATCH", "/users/me", wrong), 422, "VALIDATION");
    expect((await ada.call("GET", "/users/me")).body).toEqual(before);
  });

  test("does not let its id, name or verification be changed", async () => {
    const ada = await signUp(target);
    const before = (await ada.call("GET", "/users/me")).body;
    const patch = { id: "x", username: "someone", verified: { email: true, phone: true }, erased: true, displayName: "New" };
    expect((await ada.call("PATCH", "/users/me", patch)).body).toEqual({ ...before, displayName: "New" });
  });

  test("of a conversation's peer is shown as it is now", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    await ada.call("POST", "/conversations", { userId: bob.id });
    await bob.call("PATCH", "/users/me", { displayName: "Robert" });
    expect((await ada.call("GET", "/conversations")).body.items).toMatchObject([{ peer: { displayName: "Robert" } }]);
  });
});
