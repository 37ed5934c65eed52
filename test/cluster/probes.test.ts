import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { serviceNames } from "../../config.ts";
import type { EngineProcess } from "../engine-process.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startRedis } from "../servers/redis.ts";
import type { TestServer } from "../servers/test-server.ts";
import { NodeProcesses } from "./cluster.ts";
import { eventually } from "./eventually.ts";

describeWith("nats", "redis")("every node of a cluster", () => {
  let redis: TestServer;
  let cluster: NodeProcesses;
  let nodes: { gateway: EngineProcess; core: EngineProcess };

  beforeAll(async () => {
    redis = await startRedis();
    cluster = await NodeProcesses.start({ REDIS_URL: redis.url });
    const core = await cluster.add(
      "core",
      serviceNames.filter((name) => name !== "gateway"),
    );
    nodes = { core, gateway: await cluster.add("gateway", ["gateway"]) };
  });
  afterAll(async () => {
    await cluster?.stop();
    await redis?.remove();
  });

  /** Of both nodes. */
  const ask = (path: string) => Promise.all([nodes.gateway, nodes.core].map(({ url }) => fetch(url + path)));
  const readiness = async () =>
    Promise.all((await ask("/readyz")).map(async (answer) => ({ status: answer.status, body: await answer.json() })));
  const bothSay = (said: object) =>
    eventually(async () => {
      expect(await readiness()).toEqual([said, said]);
      return true;
    }, 20_000);
  const ready = { status: 200, body: { status: "ready" } };

  test("answers for itself alone, whatever its role", async () => {
    expect((await ask("/healthz")).map(({ status }) => status)).toEqual([200, 200]);
    const [ofGateway, ofCore] = await Promise.all((await ask("/metrics")).map((answer) => answer.text()));
    expect(ofGateway).toContain("switchboard_sockets{");
    expect(ofGateway).not.toContain("switchboard_commit_seconds");
    expect(ofCore).toContain("switchboard_commit_seconds_count");
    expect(ofCore).not.toContain("switchboard_sockets{");
  });

  test("has nothing but its probes where it has no gateway", async () => {
    const answer = await fetch(`${nodes.core.url}/api/v1/users/me`);
    expect([answer.status, await answer.json()]).toEqual([404, expect.objectContaining({ code: "NOT_FOUND" })]);
  });

  test("is ready without Redis, and says so", async () => {
    await bothSay(ready);
    await redis.kill();
    await bothSay({ status: 200, body: { status: "ready", degraded: ["redis"] } });
    await redis.restart();
    await bothSay(ready);
  });

  test("is not ready while it is cut off from the others, and names that", async () => {
    await cluster.nats.kill();
    const errors = [{ path: "cluster", message: "is not ready" }];
    await bothSay({ status: 503, body: expect.objectContaining({ code: "UNAVAILABLE", errors }) });
    expect((await ask("/healthz")).map(({ status }) => status)).toEqual([200, 200]);
    await cluster.nats.restart();
    await bothSay(ready);
  });
});
