import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../config.ts";
import { AccessTokens } from "../../services/auth/access-tokens.ts";
import { isGenuine, newFamily, randomToken, tokenAfter } from "../../services/auth/refresh-tokens.ts";
import { Revocations } from "../../services/auth/revocations.ts";
import { parseKeys, SigningKeys } from "../../services/auth/signing-keys.ts";
import { ManualClock } from "../manual-clock.ts";

const clock = new ManualClock();
const keys = (setting: string) => new SigningKeys(parseKeys(setting));
const tokensWith = (setting: string) => new AccessTokens(keys(setting), new Revocations(clock, 900, () => {}), clock, 900);
const claims = { userId: "u", deviceId: "d", issuedAt: clock.now() / 1000, jti: "j" };
const OLD = "old:a secret of some length";
const NEW = "new:another secret of length";

describe("the secret setting", () => {
  test.each([
    ["a plain secret", "just some long secret, with a comma", ["just some long secret, with a comma"]],
    ["one key", OLD, ["a secret of some length"]],
    ["several keys, the first of which signs", `${NEW}, ${OLD}`, ["another secret of length", "a secret of some length"]],
  ])("may be %s", (_, setting, secrets) => {
    expect(parseKeys(setting).map(({ secret }) => secret)).toEqual(secrets);
    expect(keys(setting).signing.secret).toBe(secrets[0]);
  });

  test("gives a plain secret the same key id at every start, and another one another", () => {
    const kid = (setting: string) => keys(setting).signing.kid;
    expect(kid("just some long secret")).toBe(kid("just some long secret"));
    expect(kid("just some long secret")).not.toBe(kid("just another secret"));
  });
});

describe("when keys rotate", () => {
  test("access tokens of the old key are good as long as it is listed", () => {
    const token = tokensWith(OLD).issue(claims);
    expect(tokensWith(`${NEW},${OLD}`).verify(token)).toMatchObject({ userId: "u", deviceId: "d" });
    expect(() => tokensWith(NEW).verify(token)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test("a key id does not lend another key's signature", () => {
    const token = tokensWith(OLD.replace("old", "new")).issue(claims);
    expect(() => tokensWith(`${NEW},${OLD}`).verify(token)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test("spent refresh tokens of the old key are still known as such", () => {
    const holder = { id: "d", family: newFamily() };
    const token = randomToken(keys(OLD).signing, holder);
    expect(isGenuine(keys(`${NEW},${OLD}`), holder, token)).toBe(true);
    expect(isGenuine(keys(NEW), holder, token)).toBe(false);
    expect(isGenuine(keys(OLD), { ...holder, family: newFamily() }, token)).toBe(false);
    expect(isGenuine(keys(OLD), { ...holder, id: "e" }, token)).toBe(false);
  });
});

describe("the token that follows another", () => {
  test("is the same for the same request, and another for any other", () => {
    const key = keys(OLD).signing;
    const holder = { id: "d", family: newFamily() };
    const spent = randomToken(key, holder);
    const next = tokenAfter(key, holder, spent, "r1");
    expect(tokenAfter(key, holder, spent, "r1")).toBe(next);
    const others = [
      tokenAfter(key, holder, spent, "r2"),
      tokenAfter(key, holder, next, "r1"),
      tokenAfter(keys(NEW).signing, holder, spent, "r1"),
    ];
    expect(new Set([spent, next, ...others]).size).toBe(5);
  });
});

describe("without a secret", () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "switchboard-keys-"));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test("one is made in the data folder, for the owner's eyes only, and kept", () => {
    const config = loadConfig({ DATA_DIR: join(dataDir, "data") });
    const first = SigningKeys.load(config).signing;
    expect(SigningKeys.load(config).signing).toEqual(first);
    expect(readdirSync(config.dataDir)).toEqual(["secret"]);
    expect(statSync(join(config.dataDir, "secret")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(config.dataDir, "secret"), "utf8").trim()).toBe(first.secret);
  });

  test("none is made when the setting has one", () => {
    const config = loadConfig({ DATA_DIR: dataDir, JWT_SECRET: OLD });
    expect(SigningKeys.load(config).signing).toMatchObject({ kid: "old", secret: "a secret of some length" });
    expect(readdirSync(dataDir)).toEqual([]);
  });
});
