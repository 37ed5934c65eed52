import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Disk } from "../../stores/pglite/disk.ts";
import { openPglite } from "../../stores/sql.pglite.ts";
import type { Sql } from "../../stores/sql.ts";
import { until } from "../cluster-node.ts";
import { useTemplate } from "../engine.ts";

/** A disk of which only what was synced is left when the power goes: `survivor` has that. */
class ForgetfulDisk implements Disk {
  readonly #folder: string;
  readonly #survivor: string;
  /** Syncs wait for it, and fail if it rejects. */
  pace: () => Promise<void> = async () => {};
  syncs = 0;

  constructor(folder: string, survivor: string) {
    this.#folder = folder;
    this.#survivor = survivor;
  }

  async sync(path: string): Promise<void> {
    this.syncs++;
    await this.pace();
    this.syncNow(path);
  }

  syncNow(path: string): void {
    const kept = join(this.#survivor, relative(this.#folder, path));
    if (statSync(path).isDirectory()) return;
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, readFileSync(path));
  }
}

let root: string;
let disk: ForgetfulDisk;
let sql: Sql;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "switchboard-power-"));
  useTemplate(root);
  if (!existsSync(join(root, "accounts"))) await (await openPglite(join(root, "accounts"))).close();
  cpSync(join(root, "accounts"), join(root, "survivor"), { recursive: true });
  disk = new ForgetfulDisk(join(root, "accounts"), join(root, "survivor"));
  sql = await openPglite(join(root, "accounts"), { timeMs: 30_000, waiting: 1000 }, disk);
}, 60_000);
afterEach(async () => {
  await sql.close().catch(() => {});
  rmSync(root, { recursive: true, force: true });
}, 60_000);

/** What is there after the power went, now. */
async function afterPowerLoss(): Promise<number[]> {
  cpSync(join(root, "survivor"), join(root, "restarted"), { recursive: true });
  const restarted = await openPglite(join(root, "restarted"));
  const rows = await restarted.query<{ id: number }>("SELECT id FROM t ORDER BY id");
  await restarted.close();
  return rows.map(({ id }) => id);
}

describe("an accounts database whose machine dies", () => {
  test("has all that was answered, in transactions and alone, through a checkpoint too", async () => {
    await sql.query("CREATE TABLE t (id int)");
    for (let i = 1; i <= 20; i++) await sql.query("INSERT INTO t VALUES ($1)", [i]);
    await sql.query("CHECKPOINT");
    await sql.transaction(async (tx) => {
      await tx.query("INSERT INTO t VALUES (21)");
      await tx.query("INSERT INTO t VALUES (22)");
    });
    expect(await afterPowerLoss()).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
  }, 60_000);

  test("answers nobody before the disk has it, nor whoever has seen it; then all at once", async () => {
    await sql.query("CREATE TABLE t (id int)");
    const [begun, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    disk.pace = () => {
      begun.resolve();
      return slow.promise;
    };
    disk.syncs = 0;
    const answered: string[] = [];
    const writes = Array.from({ length: 10 }, (_, i) =>
      sql.query("INSERT INTO t VALUES ($1)", [i]).then(() => answered.push("write")),
    );
    const read = sql.query("SELECT count(*) FROM t").then(() => answered.push("read"));
    await begun.promise;
    for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toEqual([]);
    slow.resolve();
    await Promise.all([...writes, read]);
    expect(disk.syncs).toBeLessThanOrEqual(3);
    expect(await afterPowerLoss()).toHaveLength(10);
  }, 60_000);

  test("goes on when a checkpoint takes away the part of the log that is being synced", async () => {
    await sql.query("CREATE TABLE t (id int)");
    const [begun, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    disk.pace = () => {
      begun.resolve();
      return slow.promise;
    };
    const logs = () => readdirSync(join(root, "accounts", "pg_wal")).filter((name) => name.length === 24);
    const [first = ""] = logs().sort();
    const writes = [sql.query("INSERT INTO t VALUES (1)")];
    await begun.promise;
    for (const statement of ["SELECT pg_switch_wal()", "INSERT INTO t VALUES (2)", "CHECKPOINT", "CHECKPOINT"]) {
      writes.push(sql.query(statement));
    }
    await until(() => !logs().includes(first));
    slow.resolve();
    await Promise.all(writes);
    expect(await afterPowerLoss()).toEqual([1, 2]);
  }, 60_000);

  test("is UNAVAILABLE from the first sync on that failed", async () => {
    await sql.query("CREATE TABLE t (id int)");
    disk.pace = () => Promise.reject(new Error("the disk is broken"));
    await expect(sql.query("INSERT INTO t VALUES (1)")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    disk.pace = async () => {};
    await expect(sql.query("SELECT 1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  }, 60_000);
});
