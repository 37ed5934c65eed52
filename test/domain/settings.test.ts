import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { type ConfigError, loadConfig, settings } from "../../config.ts";

const hostDependent = new Set(["NODE_ID"]);

function settingsTable(): string {
  const rows = Object.entries(settings).map(([name, { initial, says }]) => {
    const shown = hostDependent.has(name) ? "the host's name" : initial ? `\`${initial}\`` : "";
    return `| \`${name}\` | ${shown} | ${says} |`;
  });
  return ["| setting | default | what |", "| --- | --- | --- |", ...rows].join("\n");
}

const wrong = (env: Record<string, string>): string[] => {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).lines;
  }
};

describe("settings", () => {
  test("the README's table is what config.ts says", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const table = /<!-- settings:[^>]*-->\n([\s\S]*?)\n?<!-- \/settings -->/.exec(readme)?.[1];
    expect(table).toBe(settingsTable());
  });

  test("have defaults for everything", () => {
    expect(loadConfig({})).toMatchObject({
      port: 3000,
      dataDir: "./data",
      rateLimits: true,
      sendsPerSecond: 20,
      jwtSecret: undefined,
    });
  });

  test.each([
    ["PORT", "70000"],
    ["PORT", "http"],
    ["SERVICES", "gateway,kitchen"],
    ["RATE_LIMITS", "maybe"],
    ["LOG_LEVEL", "loud"],
    ["NODE_ID", "a b"],
    ["PUBLIC_URL", "chat"],
  ])("%s=%s is one line that names it", (name, value) => {
    const lines = wrong({ [name]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${name}: .*${value}`));
  });

  test("a wrong secret is named and not shown", () => {
    expect(wrong({ JWT_SECRET: "hunter2" })).toEqual([expect.stringMatching(/^JWT_SECRET: (?!.*hunter2)/)]);
  });

  test("addresses of NATS must be addresses, and a wrong one is not shown: a password may stand in it", () => {
    expect(loadConfig({ NATS_URL: "nats://one:4222, tls://user:word@two" }).natsUrl).toBeDefined();
    expect(wrong({ NATS_URL: "nats://one:4222,user:word@two" })).toEqual([expect.stringMatching(/^NATS_URL: (?!.*word)/)]);
  });

  test("an address of MongoDB may name several hosts, and is not repeated when it is none", () => {
    const MONGO_URL = "mongodb://user:word@one:27017,two:27017/name?replicaSet=rs0";
    expect(loadConfig({ MONGO_URL })).toMatchObject({ mongoUrl: MONGO_URL });
    expect(wrong({ MONGO_URL: "user:word@one" })).toEqual(["MONGO_URL: must be like mongodb://user:password@host:27017/name"]);
  });

  test("in production a secret must be given by a node that signs tokens", () => {
    expect(wrong({ NODE_ENV: "production" })).toEqual(["JWT_SECRET: must be set when NODE_ENV=production"]);
    expect(wrong({ NODE_ENV: "production", SERVICES: "router,fanout" })).toEqual([]);
    expect(wrong({ NODE_ENV: "production", JWT_SECRET: "0123456789abcdef" })).toEqual([]);
  });

  test("that are empty count as absent", () => {
    expect(loadConfig({ PORT: "", NATS_URL: "" })).toMatchObject({ port: 3000, natsUrl: undefined });
  });
});
