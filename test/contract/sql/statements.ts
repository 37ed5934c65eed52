import { inspect } from "node:util";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { ConflictError } from "../../../contracts/errors.ts";
import { migrate } from "../../../stores/sql/migrate.ts";
import { type Sql, UniqueViolation } from "../../../stores/sql.ts";

/** What every adapter of the Sql port must do with what it is asked. */
export function statementsContract(open: () => Sql): void {
  let sql: Sql;
  beforeEach(async () => {
    sql = open();
    await sql.query("DROP TABLE IF EXISTS suite");
    await sql.query("CREATE TABLE suite (id text PRIMARY KEY, at timestamptz, data jsonb, tags text[])");
  });
  const insert = (id: string, on = sql) => on.query("INSERT INTO suite (id) VALUES ($1)", [id]);
  const ids = async () => (await sql.query<{ id: string }>("SELECT id FROM suite ORDER BY id")).map((row) => row.id);

  describe("values", () => {
    test("come back as they went in: times as Date, JSON as objects, arrays as arrays", async () => {
      const at = new Date("2026-01-02T03:04:05.678Z");
      await sql.query("INSERT INTO suite VALUES ($1, $2, $3, $4)", ["a", at, JSON.stringify({ x: [1, "é"] }), ["p", "q"]]);
      expect(await sql.query("SELECT * FROM suite")).toEqual([{ id: "a", at, data: { x: [1, "é"] }, tags: ["p", "q"] }]);
      expect(await sql.query("SELECT count(*) AS n FROM suite")).toEqual([{ n: 1 }]);
    });

    test("are never read as SQL", async () => {
      await insert("'); DROP TABLE suite; --");
      expect(await ids()).toEqual(["'); DROP TABLE suite; --"]);
    });
  });

  test("a failure does not tell the values that it was about", async () => {
    await insert("secret");
    for (const statement of ["INSERT INTO suite (id) VALUES ($1)", "INSERT INTO suite (id) VALUES ($1, 1)"]) {
      const error = await sql.query(statement, ["secret"]).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: 10 })).not.toContain("secret");
    }
  });

  describe("a unique index that says no", () => {
    test("rejects with UniqueViolation, which names it", async () => {
      await insert("a");
      const second = await insert("a").catch((error) => error);
      expect(second).toBeInstanceOf(UniqueViolation);
      expect(second.constraint).toBe("suite_pkey");
    });

    test("does the same inside a transaction", async () => {
      await insert("a");
      await expect(sql.transaction((tx) => insert("a", tx))).rejects.toBeInstanceOf(UniqueViolation);
    });
  });

  describe("a transaction", () => {
    test("answers what its function answers, and is stored", async () => {
      expect(await sql.transaction((tx) => insert("a", tx).then(() => 7))).toBe(7);
      expect(await ids()).toEqual(["a"]);
    });

    test("leaves nothing when its function throws, and passes the error on", async () => {
      const failing = sql.transaction(async (tx) => {
        await insert("a", tx);
        throw new ConflictError("no");
      });
      await expect(failing).rejects.toBeInstanceOf(ConflictError);
      expect(await ids()).toEqual([]);
    });

    test("does not stop the ones after it by failing", async () => {
      await expect(sql.transaction((tx) => tx.query("SELECT * FROM nowhere"))).rejects.toThrow();
      await insert("b");
      expect(await ids()).toEqual(["b"]);
    });

    test("is alone with a row it locked: increments are not lost", async () => {
      await sql.query("INSERT INTO suite (id, data) VALUES ('n', '0')");
      const increment = () =>
        sql.transaction(async (tx) => {
          const [row] = await tx.query<{ data: number }>("SELECT data FROM suite WHERE id = 'n' FOR UPDATE");
          await tx.query("UPDATE suite SET data = $1 WHERE id = 'n'", [JSON.stringify((row?.data ?? 0) + 1)]);
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      expect(await sql.query("SELECT data FROM suite")).toEqual([{ data: 20 }]);
    });
  });
  test("what may lag is asked with the same words", async () => {
    await insert("a");
    await expect(sql.lagging.query("SELECT nothing FROM nowhere")).rejects.toThrow("nowhere");
    expect(await sql.lagging.query<{ one: number }>("SELECT $1::int AS one", [1])).toEqual([{ one: 1 }]);
  });

  describe("migrations", () => {
    test("run once, however often and by how many they are asked for", async () => {
      await Promise.all([migrate(sql), migrate(sql), migrate(sql)]);
      const [first] = await sql.query<{ name: string }>("SELECT name FROM migrations ORDER BY name");
      expect(first).toEqual({ name: "0001-accounts.sql" });
    });

    const withMigration = async (name: string, check: () => Promise<void>) => {
      await sql.query("INSERT INTO migrations (name) VALUES ($1)", [name]);
      await check().finally(() => sql.query("DELETE FROM migrations WHERE name = $1", [name]));
    };

    test("of a newer version do not keep this one from starting", () =>
      withMigration("9999-later.sql", () => expect(migrate(sql)).resolves.toBeUndefined()));

    test("of a newer version that it cannot work with do", () =>
      withMigration("9999-later.breaking.sql", () =>
        expect(migrate(sql)).rejects.toThrow("newer version (9999-later.breaking.sql)"),
      ));
  });
}
