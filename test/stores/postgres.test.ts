import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openPostgres } from "../../stores/sql.postgres.ts";
import type { Sql } from "../../stores/sql.ts";
import { until } from "../cluster-node.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startPostgres } from "../servers/postgres.ts";
import type { TestServer } from "../servers/test-server.ts";

/** Long enough for all that is well, on a machine with much else to do. */
const limits = { timeMs: 2000, waiting: 20 };
const UNAVAILABLE = { code: "UNAVAILABLE" };

describeWith("postgres")("the PostgreSQL adapter", () => {
  let server: TestServer;
  let sql: Sql;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.remove());
  beforeEach(async () => {
    sql = await openPostgres({ url: server.url, limits, connections: 4 });
    await sql.query("DROP TABLE IF EXISTS rows");
    await sql.query("CREATE TABLE rows (id int PRIMARY KEY, n int NOT NULL)");
    await sql.query("INSERT INTO rows VALUES (1, 0), (2, 0)");
  });
  afterEach(() => sql.close());

  const add = (id: number, on = sql) => on.query("UPDATE rows SET n = n + 1 WHERE id = $1", [id]);
  const numbers = async () => (await sql.query<{ n: number }>("SELECT n FROM rows ORDER BY id")).map(({ n }) => n);
  const answers = () =>
    add(1).then(
      () => true,
      () => false,
    );

  describe("when the server is killed", () => {
    afterEach(() => server.restart());

    test("says UNAVAILABLE at once, keeps what it answered, and goes on by itself when the server is back", async () => {
      await add(1);
      await server.kill();
      const began = performance.now();
      await expect(add(1)).rejects.toMatchObject(UNAVAILABLE);
      await expect(sql.transaction((tx) => add(1, tx))).rejects.toMatchObject(UNAVAILABLE);
      expect(performance.now() - began).toBeLessThan(limits.timeMs);
      await server.restart();
      await until(answers);
      expect(await numbers()).toEqual([2, 0]);
    });

    test("a transaction under way is UNAVAILABLE and leaves nothing", async () => {
      const broken = sql.transaction(async (tx) => {
        await add(1, tx);
        await server.kill();
        await add(2, tx);
      });
      await expect(broken).rejects.toMatchObject(UNAVAILABLE);
      await server.restart();
      await until(async () => (await numbers().catch(() => [])).length === 2);
      expect(await numbers()).toEqual([0, 0]);
    });

    test("a start waits for it, and gives up after its patience", async () => {
      await server.kill();
      await expect(openPostgres({ url: server.url, patienceMs: 100 })).rejects.toMatchObject(UNAVAILABLE);
      const opening = openPostgres({ url: server.url });
      await server.restart();
      const opened = await opening;
      expect(await opened.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
      await opened.close();
    });
  });

  test("a server that stands still is UNAVAILABLE when the time is up; the wait is bounded in number, too", async () => {
    await Promise.all([add(1), add(1), add(2), add(2)]);
    server.pause();
    const began = performance.now();
    const calls = await Promise.allSettled(Array.from({ length: limits.waiting + 1 }, () => add(1)));
    server.resume();
    expect(performance.now() - began).toBeLessThan(4 * limits.timeMs);
    const codes = calls.map((call) => (call.status === "rejected" ? call.reason.code : "answered"));
    expect(codes).toEqual([...Array.from({ length: limits.waiting }, () => "UNAVAILABLE"), "OVERLOADED"]);
    await until(answers);
  });

  test("a statement that takes too long is broken off on the server, too", async () => {
    await expect(sql.query("SELECT pg_sleep(60)")).rejects.toMatchObject(UNAVAILABLE);
    const sleeping = "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    await until(async () => (await sql.query<{ n: number }>(sleeping))[0]?.n === 0);
  });

  test("a transaction that stands still is rolled back, so that others have its rows", async () => {
    let release = () => {};
    const standing = new Promise<void>((resolve) => (release = resolve));
    const slow = sql.transaction(async (tx) => {
      await add(1, tx);
      await standing;
      await add(2, tx);
    });
    await expect(slow).rejects.toMatchObject(UNAVAILABLE);
    await until(answers);
    release();
    expect((await numbers())[1]).toBe(0);
  });

  test("transactions that block each other all come to be", async () => {
    const [first, second] = [gate(), gate()];
    const crossing = async (ids: [number, number], mine: Gate, other: Gate) =>
      sql.transaction(async (tx) => {
        await add(ids[0], tx);
        mine.open();
        await other.opened;
        await add(ids[1], tx);
      });
    const patient = await openPostgres({ url: server.url, connections: 4 });
    await sql.close();
    sql = patient;
    await Promise.all([crossing([1, 2], first, second), crossing([2, 1], second, first)]);
    expect(await numbers()).toEqual([2, 2]);
  });

  test("a database that does not exist is not an outage to wait for", async () => {
    await expect(openPostgres({ url: server.url.replace("/postgres", "/nowhere") })).rejects.toThrow("nowhere");
  });

  describe("with a replica", () => {
    let replica: TestServer;
    beforeAll(async () => {
      replica = await startPostgres();
    });
    afterAll(() => replica?.remove());
    const whereIs = async (reader: Pick<Sql, "query">) => {
      const [row] = await reader.query<{ port: number }>("SELECT inet_server_port() AS port");
      return row?.port;
    };

    test("asks it what may lag and nothing else, and the database itself while the replica is away", async () => {
      const both = await openPostgres({ url: server.url, replicaUrls: [replica.url], limits });
      expect(await whereIs(both.lagging)).toBe(replica.port);
      expect(await whereIs(both)).toBe(server.port);
      expect(await both.transaction((tx) => whereIs(tx.lagging))).toBe(server.port);
      replica.pause();
      expect(await whereIs(both.lagging)).toBe(server.port);
      const began = performance.now();
      expect(await whereIs(both.lagging)).toBe(server.port);
      expect(performance.now() - began).toBeLessThan(limits.timeMs * 0.3);
      replica.resume();
      await both.close();
    });
  });
});

interface Gate {
  opened: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
