import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { PGlite, type Transaction } from "@electric-sql/pglite";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { type Disk, disk } from "./pglite/disk.ts";
import { DurableFolder, durableStart } from "./pglite/durable-folder.ts";
import { newFolder } from "./pglite/new-folder.ts";
import { CallLimits, type Limits, usualLimits } from "./sql/call-limits.ts";
import { migrate } from "./sql/migrate.ts";
import { sqlError, unavailableBecause } from "./sql/sql-errors.ts";
import type { Sql } from "./sql.ts";

/**
 * PostgreSQL inside this process, in folder `dir`, migrated. One process at a time: a second one is refused.
 * What was answered survives the death of the process and of the machine.
 */
export async function openPglite(dir: string, limits: Limits = usualLimits, on: Disk = disk): Promise<Sql> {
  mkdirSync(dirname(dir), { recursive: true });
  const lock = lockFolder(dir);
  try {
    if (!existsSync(dir)) await newFolder(dir);
    const folder = new DurableFolder(dir, on);
    const sql = new PgliteSql(await PGlite.create({ fs: folder, startParams: durableStart }), folder, lock, limits);
    await migrate(sql);
    return sql;
  } catch (error) {
    lock.release();
    throw error;
  }
}

class PgliteSql implements Sql {
  readonly #db: PGlite;
  readonly #folder: DurableFolder;
  readonly #lock: FolderLock;
  readonly #limits: CallLimits;

  constructor(db: PGlite, folder: DurableFolder, lock: FolderLock, limits: Limits) {
    this.#db = db;
    this.#folder = folder;
    this.#lock = lock;
    this.#limits = new CallLimits(limits, () => unavailableBecause("time limit"));
  }

  /** There is only this one. */
  get lagging(): this {
    return this;
  }

  query<Row>(sql: string, params: unknown[] = []): Promise<Row[]> {
    return this.#bounded(async () => (await this.#db.query<Row>(sql, params)).rows);
  }

  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#bounded((signal) => this.#db.transaction((tx) => run(new PgliteTransaction(tx, signal))));
  }

  async close(): Promise<void> {
    if (this.#db.closed) return;
    try {
      await this.#db.close();
      await this.#folder.synced();
    } finally {
      this.#lock.release();
    }
  }

  /** Runs within the limits, with failures in the words of the port. */
  async #bounded<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#db.closed) throw unavailableBecause("closed");
    try {
      return await this.#limits.run((signal) => this.#durably(run(signal)));
    } catch (error) {
      throw this.#db.closed || error instanceof WebAssembly.RuntimeError ? unavailableBecause(error) : sqlError(error);
    }
  }

  /** Also of a read, which may have seen what is not on disk yet. */
  async #durably<T>(answer: Promise<T>): Promise<T> {
    const value = await answer;
    await this.#folder.synced().catch((error) => {
      throw unavailableBecause(error);
    });
    return value;
  }
}

/** Statements of one transaction. Once its time is up every statement rejects, so that it rolls back. */
class PgliteTransaction implements Sql {
  readonly #tx: Transaction;
  readonly #signal: AbortSignal;

  constructor(tx: Transaction, signal: AbortSignal) {
    this.#tx = tx;
    this.#signal = signal;
  }

  get lagging(): this {
    return this;
  }

  async query<Row>(sql: string, params: unknown[] = []): Promise<Row[]> {
    this.#signal.throwIfAborted();
    try {
      return (await this.#tx.query<Row>(sql, params)).rows;
    } catch (error) {
      throw sqlError(error);
    }
  }

  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return run(this);
  }

  async close(): Promise<void> {}
}
