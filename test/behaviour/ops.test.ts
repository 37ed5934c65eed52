import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { UnavailableError } from "../../contracts/errors.ts";
import { opsService } from "../../services/ops/ops.service.ts";
import { redisEphemeral } from "../../stores/ephemeral.redis.ts";
import { openMessageStore } from "../../stores/message-store.sqlite.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import type { Stores } from "../../stores/stores.ts";
import { type AccountsDatabase, accountsDatabase } from "../accounts-database.ts";
import { until } from "../cluster-node.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startRedis } from "../servers/redis.ts";
import { asAda, type Edge, type EdgeParts, startEdge } from "./edge.ts";

let accounts: AccountsDatabase;
let messages: MessageStore;
let folder: string;
let edge: Edge | undefined;

beforeAll(async () => {
  accounts = await accountsDatabase();
}, 60_000);
afterAll(() => accounts.remove());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "switchboard-ops-"));
  messages = await openMessageStore(join(folder, "messages.sqlite"));
});
afterEach(async () => {
  await edge?.stop();
  edge = undefined;
  await messages.participation.close();
  await messages.log.close();
  rmSync(folder, { recursive: true, force: true });
});

async function probe(path: string, stores: Partial<Stores> = {}, parts: EdgeParts = {}): Promise<Response> {
  const both = { sql: async () => accounts.sql, messages: async () => messages };
  edge ??= await startEdge({ ...parts, stores: { ...both, ...stores }, services: [opsService] });
  return fetch(edge.url + path);
}

describe("/healthz", () => {
  test("says that the process lives, whatever else does not", async () => {
    edge = await startEdge();
    const answer = await probe("/healthz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "alive" });
  });
});

describe("/readyz", () => {
  test("is good when both stores answer", async () => {
    const answer = await probe("/readyz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ready" });
  });

  test.each([
    ["that fails", () => Promise.reject(new UnavailableError())],
    ["that does not answer", () => new Promise<never>(() => {})],
  ])("names a store %s", async (_, sql) => {
    const answer = await probe("/readyz", { sql });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "UNAVAILABLE", errors: [{ path: "sql", message: "is not ready" }] });
  });

  describeWith("redis")("when Redis is away", () => {
    test("stays good, and names it as what the node does without", async () => {
      const redis = await startRedis();
      const ephemeral = redisEphemeral(redis.url, 60_000, () => {});
      await until(() => ephemeral.isUp);
      expect(await (await probe("/readyz", {}, { ephemeral })).json()).toEqual({ status: "ready" });
      await redis.kill();
      await until(() => !ephemeral.isUp);
      const answer = await probe("/readyz");
      expect([answer.status, await answer.json()]).toEqual([200, { status: "ready", degraded: ["redis"] }]);
      await ephemeral.close();
      await redis.remove();
    });
  });

  test("asks the stores once for all who ask at a time", async () => {
    let asked = 0;
    const sql = () => {
      asked++;
      return new Promise<never>(() => {});
    };
    await probe("/healthz", { sql });
    const answers = await Promise.all(Array.from({ length: 10 }, () => probe("/readyz")));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(503));
    expect(asked).toBe(1);
  });

  test("names a store that was closed under it", async () => {
    await probe("/readyz");
    await messages.log.close();
    const answer = await probe("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ errors: [{ path: "messages" }] });
  });
});

describe("/metrics", () => {
  test("has Node's own metrics, the event loop's lag, and the requests by row and status", async () => {
    edge = await startEdge({ services: [opsService] });
    await fetch(`${edge.url}/api/v1/users/eve`, { headers: asAda });
    await fetch(`${edge.url}/api/v1/users/eve`);
    const answer = await probe("/metrics");
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const body = await answer.text();
    expect(body).toContain("process_resident_memory_bytes ");
    expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    expect(body).toContain('switchboard_http_request_seconds_count{route="GET /users/:id",status="401"} 1');
    expect(body).toContain('switchboard_http_request_seconds_count{route="GET /users/:id",status="503"} 1');
  });

  test("is not there when it is turned off", async () => {
    expect((await probe("/metrics", {}, { env: { METRICS: "off" } })).status).toBe(404);
  });
});
