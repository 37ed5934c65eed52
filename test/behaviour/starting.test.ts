import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../config.ts";
import { startObstacles } from "../../node/start-checks.ts";
import { until } from "../cluster-node.ts";
import { EngineProcess } from "../engine-process.ts";

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-starting-"));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const obstacles = (env: Record<string, string>) =>
  startObstacles(loadConfig({ PORT: "0", HOST: "127.0.0.1", DATA_DIR: newFolder(), ...env }));

describe("a process of the engine", () => {
  let engine: EngineProcess;

  beforeAll(async () => {
    engine = await EngineProcess.start({ LOG_LEVEL: "info" });
  });
  afterAll(() => engine.remove());

  test("says in three lines which version it is, where its data is and what to open", async () => {
    // The probe may have been answered before the last line was read.
    await until(() => engine.output.includes("in a browser\n"));
    expect(engine.output.trimEnd().split("\n")).toEqual([
      expect.stringContaining("Switchboard"),
      expect.stringContaining(`The data is in ${resolve(engine.dataDir)}`),
      expect.stringContaining(`Open ${engine.url.replace("127.0.0.1", "localhost")} in a browser`),
    ]);
  });

  test("keeps others off its data folder and its port", async () => {
    const { port } = new URL(engine.url);
    expect(await obstacles({ PORT: port, DATA_DIR: engine.dataDir })).toEqual([
      `PORT: ${port} is already in use`,
      `DATA_DIR: ${engine.dataDir} is in use by another process`,
    ]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("ends with 0 on %s and leaves its data folder to the next", async (signal) => {
    expect(await engine.end(signal)).toBe(0);
    expect(engine.output).toContain("Stopped");
    expect(await obstacles({ DATA_DIR: engine.dataDir })).toEqual([]);
    await engine.start();
  });
});

describe("what keeps a node from starting", () => {
  test("a folder that cannot be made", async () => {
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    expect(await obstacles({ DATA_DIR: join(file, "data") })).toEqual([expect.stringMatching(/^DATA_DIR: .*ENOTDIR/)]);
  });

  test("an address that is not this machine's", async () => {
    expect(await obstacles({ HOST: "192.0.2.1" })).toEqual([expect.stringMatching(/^HOST, PORT: .*192\.0\.2\.1/)]);
  });

  test("a port in use, with a gateway or without", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    expect(await obstacles({ PORT: String(port) })).toEqual([`PORT: ${port} is already in use`]);
    expect(await obstacles({ PORT: String(port), SERVICES: "router" })).toEqual([`PORT: ${port} is already in use`]);
    other.close();
  });

  describe("in a cluster", () => {
    const NATS_URL = "nats://127.0.0.1:4222";

    test("a store or a secret of its own, for each that its services use", async () => {
      expect(await obstacles({ NATS_URL })).toEqual([
        "DATABASE_URL: must be set when NATS_URL is, on a node that runs auth, users, groups, gateway",
        "MONGO_URL: must be set when NATS_URL is, on a node that runs conversations",
        "JWT_SECRET: must be set when NATS_URL is, on a node that runs auth",
      ]);
      expect(await obstacles({ NATS_URL, SERVICES: "conversations,router,fanout" })).toEqual([
        "MONGO_URL: must be set when NATS_URL is, on a node that runs conversations",
      ]);
      expect(await obstacles({ NATS_URL, SERVICES: "router,fanout,presence" })).toEqual([]);
    });

    test("conversations or presence without the router and fan-out beside them", async () => {
      const beside = async (SERVICES: string) => (await obstacles({ NATS_URL, MONGO_URL: "mongodb://db", SERVICES })).at(-1);
      expect(await beside("conversations")).toBe("SERVICES: a node that runs conversations needs router, fanout as well");
      expect(await beside("presence,router")).toBe("SERVICES: a node that runs presence needs fanout as well");
      expect(await beside("gateway,auth")).not.toMatch("SERVICES");
    });

    test("certificates that cannot be read, or half a pair", async () => {
      const env = { NATS_URL, SERVICES: "router", NATS_TLS_CA: "/none/ca.pem", NATS_TLS_CERT: "/none/cert.pem" };
      expect(await obstacles(env)).toEqual([
        "NATS_TLS_CA: /none/ca.pem cannot be read",
        "NATS_TLS_CERT: /none/cert.pem cannot be read",
        "NATS_TLS_CERT, NATS_TLS_KEY: are set together or not at all",
      ]);
    });
  });
});
