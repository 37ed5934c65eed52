import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../contracts/clock.ts";
import { UnavailableError } from "../contracts/errors.ts";
import { PostgresPool } from "./postgres/pool.ts";
import { Replicas } from "./postgres/replicas.ts";
import { type Limits, usualLimits } from "./sql/call-limits.ts";
import { migrate } from "./sql/migrate.ts";
import type { Sql, SqlReader } from "./sql.ts";

export interface PostgresOptions {
  url: string;
  /** Of servers that follow it. */
  replicaUrls?: string[];
  /** Open at most, to each server. */
  connections?: number;
  limits?: Limits;
  /** How long the start may wait for a database that cannot be reached. */
  patienceMs?: number;
}

/** Whoever migrates waits for the others who do, and for what the migrations themselves take. */
const MIGRATION_MS = 600_000;
/** A replica has less time than the call it is asked for, so that the database itself can still answer it. */
const REPLICA_SHARE = 0.3;
const AGAIN_MS = 500;

/** A PostgreSQL server, migrated. Rejects if it cannot be reached for so long. */
export async function openPostgres(options: PostgresOptions): Promise<Sql> {
  const { url, replicaUrls = [], connections = 10, limits = usualLimits, patienceMs = 30_000 } = options;
  await migrated(url, Date.now() + patienceMs);
  const replicaLimits = { ...limits, timeMs: limits.timeMs * REPLICA_SHARE };
  const replicas = replicaUrls.map((replica) => new PostgresPool(replica, connections, replicaLimits));
  return new PostgresSql(new PostgresPool(url, connections, limits), replicas);
}

async function migrated(url: string, deadline: number): Promise<void> {
  const pool = new PostgresPool(url, 1, { timeMs: MIGRATION_MS, waiting: 1 });
  try {
    while (!(await isMigrated(new PostgresSql(pool, []), deadline))) await wait(AGAIN_MS);
  } finally {
    await pool.close();
  }
}

/** False if it is worth another try. */
async function isMigrated(sql: Sql, deadline: number): Promise<boolean> {
  try {
    await migrate(sql);
    return true;
  } catch (error) {
    if (error instanceof UnavailableError && Date.now() < deadline) return false;
    throw error;
  }
}

class PostgresSql implements Sql {
  readonly lagging: SqlReader;
  readonly #pool: PostgresPool;
  readonly #replicas: PostgresPool[];

  constructor(pool: PostgresPool, replicas: PostgresPool[]) {
    this.#pool = pool;
    this.#replicas = replicas;
    this.lagging = replicas.length > 0 ? new Replicas(replicas, pool, systemClock) : pool;
  }

  query<Row>(sql: string, params?: unknown[]): Promise<Row[]> {
    return this.#pool.query(sql, params);
  }

  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#pool.transaction((tx) => run(new TransactionSql(tx)));
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool, ...this.#replicas].map((pool) => pool.close()));
  }
}

/** Within a transaction: everything is a part of it. */
class TransactionSql implements Sql {
  readonly lagging: SqlReader;
  readonly query: SqlReader["query"];

  constructor(tx: SqlReader) {
    this.lagging = tx;
    this.query = (sql, params) => tx.query(sql, params);
  }

  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return run(this);
  }

  async close(): Promise<void> {}
}
