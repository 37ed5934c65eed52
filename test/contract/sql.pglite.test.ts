import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openPglite } from "../../stores/sql.pglite.ts";
import { type AccountsDatabase, accountsDatabase } from "../accounts-database.ts";
import { sqlContract } from "./sql.contract.ts";

let database: AccountsDatabase;
beforeAll(async () => {
  database = await accountsDatabase();
});
afterAll(() => database.remove());

describe("PGlite", () => {
  sqlContract("PGlite", () => database.sql);

  test("refuses a folder that is open already", async () => {
    await expect(openPglite(database.folder)).rejects.toThrow("in use");
  });

  test("makes a new folder whole, whatever an attempt before it left behind", async () => {
    const dir = mkdtempSync(join(tmpdir(), "switchboard-accounts-"));
    const folder = join(dir, "accounts");
    mkdirSync(`${folder}.new/base`, { recursive: true });
    writeFileSync(`${folder}.new/PG_VERSION`, "1");
    const sql = await openPglite(folder);
    expect(await sql.query("SELECT count(*)::int AS n FROM users")).toEqual([{ n: 0 }]);
    await sql.close();
    expect(readdirSync(dir).sort()).toEqual(["accounts", "accounts.lock"]);
    rmSync(dir, { recursive: true });
  });
});

describe("PGlite within its limits", () => {
  test("a transaction that takes too long is UNAVAILABLE and leaves nothing, and the next one runs", async () => {
    const { sql, remove } = await accountsDatabase({ timeMs: 1000, waiting: 10 });
    await sql.query("CREATE TABLE t (id int)");
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = sql.transaction(async (tx) => {
      await tx.query("INSERT INTO t VALUES (1)");
      await held;
      await tx.query("INSERT INTO t VALUES (2)");
    });
    await expect(slow).rejects.toMatchObject({ code: "UNAVAILABLE" });
    release();
    expect(await sql.query("SELECT * FROM t")).toEqual([]);
    await remove();
  });

  test("one call more than may wait is OVERLOADED", async () => {
    const { sql, remove } = await accountsDatabase({ timeMs: 5000, waiting: 3 });
    const calls = await Promise.allSettled(Array.from({ length: 4 }, () => sql.query("SELECT 1 AS one")));
    expect(calls.map((call) => call.status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    expect(calls[3]).toMatchObject({ reason: { code: "OVERLOADED" } });
    await remove();
  });

  test("a closed one is UNAVAILABLE, and what it stored is there when it opens again", async () => {
    const { sql, folder, remove } = await accountsDatabase();
    await sql.query("CREATE TABLE t (id int)");
    await sql.close();
    await expect(sql.query("SELECT 1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const again = await openPglite(folder);
    expect(await again.query("SELECT * FROM t")).toEqual([]);
    await again.close();
    await remove();
  });
});
