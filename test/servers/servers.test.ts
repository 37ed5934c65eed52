import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { until } from "../cluster-node.ts";
import { describeWith } from "./describe-with.ts";
import { startMongo } from "./mongo.ts";
import { startNats } from "./nats.ts";
import type { NeedName } from "./needs.ts";
import { startPostgres } from "./postgres.ts";
import { descendants } from "./process-tree.ts";
import { startRedis } from "./redis.ts";
import type { TestServer } from "./test-server.ts";

const starts: Partial<Record<NeedName, () => Promise<TestServer>>> = {
  nats: startNats,
  redis: startRedis,
  postgres: startPostgres,
  mongo: startMongo,
};

/** T while it is stopped; Z or nothing when it has ended. */
function stateOf(pid: number): string {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}

for (const [name, start] of Object.entries(starts) as [NeedName, () => Promise<TestServer>][]) {
  describeWith(name)(`a ${name} server`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.remove());

    test("starts again where it was, stopped or killed", async () => {
      const { url, pid } = server;
      await server.stop();
      expect(() => server.pid).toThrow("does not run");
      await server.restart();
      await server.kill();
      await server.restart();
      expect(server.url).toBe(url);
      expect(server.pid).not.toBe(pid);
    });

    test("stands still with all its processes while it is paused", async () => {
      const processes = [server.pid, ...descendants(server.pid)];
      server.pause();
      await until(() => processes.every((pid) => "TZ".includes(stateOf(pid))));
      server.resume();
      await until(() => processes.every((pid) => stateOf(pid) !== "T"));
    });
  });
}

describeWith("postgres")("PostgreSQL", () => {
  test("keeps what it acknowledged when it is killed", async () => {
    const server = await startPostgres();
    const query = async (sql: string) => {
      const client = new pg.Client(server.url);
      await client.connect();
      const { rows } = await client.query(sql);
      await client.end();
      return rows;
    };
    await query("CREATE TABLE kept AS SELECT 7 AS n");
    await server.kill();
    await server.restart();
    expect(await query("SELECT n FROM kept")).toEqual([{ n: 7 }]);
    await server.remove();
  });
});
