import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../cluster-node.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import { directBetween, newKey, signUp } from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startMongo } from "../servers/mongo.ts";
import { needs } from "../servers/needs.ts";
import { startRedis } from "../servers/redis.ts";
import type { TestServer } from "../servers/test-server.ts";

const root = resolve(import.meta.dirname, "../..");

let engine: TestEngine;
let redis: TestServer | undefined;
beforeAll(async () => {
  if (needs.redis.isThere()) redis = await startRedis();
  engine = await startEngine(redis ? { REDIS_URL: redis.url } : {});
});
afterAll(async () => {
  await engine?.stop();
  await redis?.remove();
});

const exposition = async ({ url } = engine) => (await fetch(`${url}/metrics`)).text();

/** Name → type. */
async function families(): Promise<Map<string, string>> {
  const lines = (await exposition()).matchAll(/^# TYPE (\S+) (\w+)$/gm);
  return new Map([...lines].map(([, name = "", type = ""]) => [name, type]));
}

async function samples(of = engine): Promise<{ name: string; labels: string[]; value: number }[]> {
  const lines = (await exposition(of)).matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm);
  return [...lines].map(([, name = "", labels = "", value]) => ({
    name,
    labels: [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label as string),
    value: Number(value),
  }));
}

const total = async (name: string) =>
  (await samples()).filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);

/** The table of docs/deployment.md: name → labels. */
function documented(): Map<string, string[]> {
  const table = /<!-- metrics:[^>]*-->([\s\S]*)<!-- \/metrics -->/.exec(
    readFileSync(join(root, "docs/deployment.md"), "utf8"),
  )?.[1];
  const rows = (table ?? "").matchAll(/^\| `(\w+)(?:\{([\w,]+)\})?` \|/gm);
  return new Map([...rows].map(([, name = "", labels = ""]) => [name, labels.split(",").filter(Boolean)]));
}

const ours = (name: string) => name.startsWith("switchboard_");

test("are those of the documentation", async () => {
  const exposed = [...(await families()).keys()].filter(ours).sort();
  const promised = [...documented().keys()].filter((name) => redis || !name.startsWith("switchboard_redis_")).sort();
  expect(exposed).toEqual(promised);
});

test("have names that say what they count, and in what", async () => {
  const all = [...(await families())].filter(([name]) => ours(name));
  for (const [name, type] of all) expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
  for (const [name] of all) expect(name).not.toMatch(/_(ms|milliseconds|kb|count|sum)$/);
});

test("Node's own are among them, and the lag of its event loop", async () => {
  const names = [...(await families()).keys()];
  const own = ["nodejs_eventloop_lag_p99_seconds", "process_cpu_seconds_total", "nodejs_heap_size_used_bytes"];
  expect(names).toEqual(expect.arrayContaining([...own, "process_resident_memory_bytes", "process_start_time_seconds"]));
});

test("move when somebody chats, and do not grow with who does", async () => {
  const [ada, bob] = [await signUp(engine), await signUp(engine)];
  const conversationId = await directBetween(ada, bob);
  const [a, b] = [await online(connectWebSocket, engine, ada), await online(connectWebSocket, engine, bob)];
  const send = () => a.request("message:send", { conversationId, clientMsgId: newKey(), content: "hello" });
  expect((await send()).ok).toBe(true);
  await b.next("entry");
  await b.request("sync", {});
  await until(async () => (await total("switchboard_fanout_deliveries_total")) > 0);
  for (const name of [
    "switchboard_sockets",
    "switchboard_frames_out_total",
    "switchboard_http_request_seconds_count",
    "switchboard_append_seconds_count",
    "switchboard_commit_seconds_count",
    "switchboard_commit_entries_sum",
    "switchboard_conversation_actors_active",
    "switchboard_conversation_turn_seconds_count",
    "switchboard_sync_entries_count",
    "switchboard_fanout_batch_frames_count",
    "switchboard_router_routes",
    "switchboard_router_deltas_total",
    "switchboard_presence_users",
    ...(redis ? ["switchboard_redis_up"] : []),
  ]) {
    expect([name, await total(name)]).toEqual([name, expect.any(Number)]);
    expect([name, (await total(name)) > 0]).toEqual([name, true]);
  }
  const kinds = async () => (await samples()).filter(({ name }) => ours(name)).length;
  const before = await kinds();
  for (let i = 0; i < 5; i++) await directBetween(ada, await signUp(engine));
  for (let i = 0; i < 5; i++) expect((await send()).ok).toBe(true);
  expect(await kinds()).toBe(before);
});

test("have the labels of the documentation, and no others", async () => {
  for (const { name, labels } of (await samples()).filter((sample) => ours(sample.name))) {
    const family = [name, name.replace(/_(bucket|count|sum)$/, "")].find((one) => documented().has(one)) ?? name;
    expect([name, labels.filter((label) => label !== "le")]).toEqual([name, documented().get(family)]);
  }
});

test("that dashboards and alerts ask for are there", async () => {
  const known = [...(await families()).keys(), ...documented().keys()];
  const asked = ["deploy/grafana/dashboards/switchboard.json", "deploy/prometheus/alerts.yml", "k8s/base/gateway-scaling.yaml"]
    .map((path) => readFileSync(join(root, path), "utf8"))
    .flatMap((text) => text.match(/\b(switchboard|nodejs|process)_[a-z0-9_]+/g) ?? []);
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !known.includes(name) && !known.includes(name.replace(/_(bucket|count|sum)$/, "")))).toEqual([]);
});

describeWith("mongo")("the message store's breaker", () => {
  test("is seen to open when MongoDB stands still, and to close when it goes on", async () => {
    const mongo = await startMongo();
    const onMongo = await startEngine({ MONGO_URL: mongo.url });
    const isOpen = async () => (await samples(onMongo)).find(({ name }) => name === "switchboard_store_breaker_open")?.value;
    const ada = await signUp(onMongo);
    const ask = () => onMongo.caller.call("conversations.heads", { userId: ada.id }).catch(() => undefined);
    expect(await isOpen()).toBe(0);
    mongo.pause();
    await until(async () => {
      for (let i = 0; i < 20; i++) void ask();
      return (await isOpen()) === 1;
    });
    mongo.resume();
    await until(async () => {
      await ask();
      return (await isOpen()) === 0;
    });
    await onMongo.stop();
    await mongo.remove();
  });
});
