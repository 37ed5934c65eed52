import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { loadConfig } from "../../config.ts";
import { ForbiddenError, toChatError } from "../../contracts/errors.ts";
import { brokerOptions } from "../../node/broker-options.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startNats } from "../servers/nats.ts";
import type { TestServer } from "../servers/test-server.ts";
import { eventually } from "./eventually.ts";

/** Only after so long would a node find out by itself that it hears nobody. */
const HEARTBEAT_TIMEOUT_MS = 6000;

const running: ServiceBroker[] = [];
let nats: TestServer;

async function start(name: string, url: string, schema?: ServiceSchema, env = {}): Promise<ServiceBroker> {
  const options = brokerOptions(loadConfig({ NATS_URL: url, NODE_ID: name, LOG_LEVEL: "fatal", ...env }));
  const broker = new ServiceBroker({ ...options, skipProcessEventRegistration: true });
  running.push(broker);
  if (schema) broker.createService(schema);
  await broker.start();
  return broker;
}

/** A node that counts, and one that asks it to. */
async function counter() {
  const count = { calls: 0, events: 0 };
  const schema: ServiceSchema = {
    name: "counter",
    actions: {
      count: () => ++count.calls,
      never: () => new Promise(() => {}),
      refuse() {
        throw new ForbiddenError("not you", { retryAfterMs: 5 });
      },
    },
    events: { counted: () => void count.events++ },
  };
  const server = await start("server", nats.url, schema);
  const client = await start("client", nats.url);
  await client.waitForServices("counter");
  const call = (action = "count", timeout = 10_000) => client.call(`counter.${action}`, {}, { nodeID: server.nodeID, timeout });
  const codeOf = (action?: string, timeout?: number) => call(action, timeout).then(String, (error) => toChatError(error).code);
  return { count, server, client, call, codeOf };
}

async function took(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work;
  return performance.now() - begin;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((broker) => broker.stop()));
});

describeWith("nats")("nodes on a NATS server", () => {
  beforeAll(async () => {
    nats = await startNats();
  });
  afterEach(() => nats.restart());
  afterAll(() => nats.remove());

  test("an error keeps its class and data from one node to another", async () => {
    const { call } = await counter();
    const error = await call("refuse").catch((thrown) => thrown);
    expect(toChatError(error).toSocket()).toEqual({ code: "FORBIDDEN", message: "not you", retryAfterMs: 5 });
  });

  test("when it dies calls fail at once, those under way too, and broadcasts stay local without a word", async () => {
    const { count, client, call, codeOf } = await counter();
    const local: unknown[] = [];
    client.createService({ name: "listener", events: { counted: (ctx) => void local.push(ctx.params) } });
    const underWay = codeOf("never");
    await call();
    await nats.kill();
    expect(await took(underWay)).toBeLessThan(5000);
    expect(await underWay).toBe("UNAVAILABLE");
    expect(await took(codeOf())).toBeLessThan(1000);
    expect(await codeOf()).toBe("UNAVAILABLE");
    await client.broadcast("counted", 1);
    expect({ local, events: count.events, calls: count.calls }).toEqual({ local: [1], events: 0, calls: 1 });
  });

  test("when it is back nodes find each other again, and are told so", async () => {
    const { count, client, codeOf } = await counter();
    const told: unknown[] = [];
    client.localBus.on("$transporter.connected", (event) => told.push(event));
    client.localBus.on("$node.disconnected", (event) => told.push(event));
    await nats.kill();
    await wait(7000);
    await nats.restart();
    await eventually(async () => Number(await codeOf("count", 500)) > 0);
    await eventually(() => told.length > 0);
    expect(told).toEqual([{ wasReconnect: true }]);
    await client.broadcast("counted", 1);
    await eventually(() => count.events === 1);
  });

  test("when it stands still for a moment, what timed out is not executed after all", async () => {
    const { count, call, codeOf } = await counter();
    for (let i = 0; i < 5; i++) await call();
    nats.pause();
    const timedOut = await Promise.all(Array.from({ length: 20 }, () => codeOf("count", 500)));
    nats.resume();
    expect(new Set(timedOut)).toEqual(new Set(["UNAVAILABLE"]));
    expect(await codeOf()).toBe("6");
    expect(count.calls).toBe(6);
  });

  test("when it stands still calls fail at once after three seconds, and all is well when it goes on", async () => {
    const { count, codeOf } = await counter();
    nats.pause();
    const begin = performance.now();
    await eventually(async () => (await took(codeOf("count", 500))) < 400);
    expect(performance.now() - begin).toBeLessThan(HEARTBEAT_TIMEOUT_MS);
    nats.resume();
    await eventually(async () => (await codeOf("count", 500)) === `${count.calls}` && count.calls > 0);
    expect(count.calls).toBeLessThan(5);
  });

  test("a node can stop while it is gone", async () => {
    const { client } = await counter();
    await nats.kill();
    expect(await took(client.stop())).toBeLessThan(3000);
  });

  test("what a node says last is heard, in the order it was said", async () => {
    const { client, server } = await counter();
    const heard: unknown[] = [];
    server.createService({ name: "listener", events: { said: (ctx) => void heard.push(ctx.params) } });
    await eventually(() => client.registry.events.getAllEndpoints("said").length > 0);
    for (let i = 1; i <= 20; i++) void client.broadcast("said", i);
    await client.stop();
    await eventually(() => heard.length === 20);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test("what is too large is refused, and nothing else suffers", async () => {
    const { client, server, codeOf } = await counter();
    const large = { text: "x".repeat(2_000_000) };
    await expect(client.call("counter.count", large, { nodeID: server.nodeID })).rejects.toThrow("MAX_PAYLOAD");
    await client.broadcast("counted", large);
    expect(await codeOf()).toBe("1");
  });
});

describeWith("nats")("a NATS server that asks who we are", () => {
  test.each([
    ["a user and a password", ["--user=ada", "--pass=p@ss"], "ada:p%40ss"],
    ["a token", ["--auth=s3cret"], "s3cret"],
  ])("by %s", async (_, args, credentials) => {
    const asking = await startNats(args);
    const url = asking.url.replace("//", `//${credentials}@`);
    const node = await start("node", url, { name: "there", actions: { yes: () => "yes" } });
    const other = await start("other", url);
    await other.waitForServices("there");
    expect(await other.call("there.yes", {}, { nodeID: node.nodeID })).toBe("yes");
    await Promise.all(running.splice(0).map((broker) => broker.stop()));
    await asking.remove();
  });

  test("by a certificate, over TLS", async () => {
    const folder = mkdtempSync(join(tmpdir(), "switchboard-tls-"));
    const file = (name: string) => join(folder, name);
    selfSigned(file("key.pem"), file("cert.pem"));
    const tls = ["--tlsverify", `--tlscert=${file("cert.pem")}`, `--tlskey=${file("key.pem")}`];
    const asking = await startNats([...tls, `--tlscacert=${file("cert.pem")}`]);
    const ours = { NATS_TLS_CA: file("cert.pem"), NATS_TLS_CERT: file("cert.pem"), NATS_TLS_KEY: file("key.pem") };
    // The client checks names, not addresses.
    const url = asking.url.replace("127.0.0.1", "localhost");
    const node = await start("node", url, { name: "there", actions: { yes: () => "yes" } }, ours);
    const other = await start("other", url.replace("nats:", "tls:"), undefined, ours);
    await other.waitForServices("there");
    expect(await other.call("there.yes", {}, { nodeID: node.nodeID })).toBe("yes");
    await Promise.all(running.splice(0).map((broker) => broker.stop()));
    await asking.remove();
    rmSync(folder, { recursive: true });
  });
});

function selfSigned(key: string, cert: string): void {
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"];
  const names = ["-addext", "subjectAltName=DNS:localhost", "-addext", "extendedKeyUsage=serverAuth,clientAuth"];
  execFileSync("openssl", [...made, ...names, "-keyout", key, "-out", cert], { stdio: "ignore" });
}
