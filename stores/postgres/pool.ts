import pg from "pg";
import { CallLimits, type Limits } from "../sql/call-limits.ts";
import { sqlError, unavailableBecause } from "../sql/sql-errors.ts";
import type { SqlReader } from "../sql.ts";

/** A call is tried so often when the database undoes it for the sake of another one. */
const TRIES = 3;
const BIGINT = 20;

/** Connections to one server, and calls on them within limits of time and number, with failures in the words of the Sql port. */
export class PostgresPool implements SqlReader {
  readonly #pool: pg.Pool;
  readonly #limits: CallLimits;

  constructor(url: string, connections: number, limits: Limits) {
    this.#pool = new pg.Pool(poolOptions(url, connections, limits.timeMs));
    // Of a connection that nobody uses: it is gone from the pool, and the next call opens another one.
    this.#pool.on("error", () => {});
    this.#limits = new CallLimits(limits, () => unavailableBecause("time limit"));
  }

  query<Row>(sql: string, params?: unknown[]): Promise<Row[]> {
    return this.#call((reader) => reader.query<Row>(sql, params));
  }

  transaction<T>(run: (tx: SqlReader) => Promise<T>): Promise<T> {
    return this.#call((reader) => transactionOn(reader, run));
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  #call<T>(use: (reader: SqlReader) => Promise<T>): Promise<T> {
    return this.#limits.run((signal) => again(() => this.#onConnection(use, signal)));
  }

  /** A call whose time is up takes its connection with it: whatever is still under way there is broken off. */
  async #onConnection<T>(use: (reader: SqlReader) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const client = await this.#pool.connect().catch(rethrow);
    client.on("error", ignore);
    const breakOff = () => client.release(true);
    signal.addEventListener("abort", breakOff, { once: true });
    try {
      return await use(readerOn(client));
    } finally {
      signal.removeEventListener("abort", breakOff);
      client.off("error", ignore);
      if (!signal.aborted) client.release();
    }
  }
}

/** The query on its way is told of it. */
function ignore(): void {}

function poolOptions(url: string, connections: number, timeMs: number): pg.PoolConfig {
  return {
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: timeMs,
    statement_timeout: timeMs,
    // A process that stands still inside a transaction must not keep others from the rows that it locked.
    idle_in_transaction_session_timeout: timeMs,
    keepAlive: true,
    application_name: "switchboard",
    types: { getTypeParser: (oid, format) => (oid === BIGINT ? Number : pg.types.getTypeParser(oid, format)) },
  };
}

function readerOn(client: pg.PoolClient): SqlReader {
  return {
    async query<Row>(sql: string, params?: unknown[]): Promise<Row[]> {
      try {
        return (await client.query(sql, params)).rows as Row[];
      } catch (error) {
        return rethrow(error);
      }
    },
  };
}

async function transactionOn<T>(reader: SqlReader, run: (tx: SqlReader) => Promise<T>): Promise<T> {
  await reader.query("BEGIN");
  try {
    const answer = await run(reader);
    await reader.query("COMMIT");
    return answer;
  } catch (error) {
    await reader.query("ROLLBACK");
    throw error;
  }
}

/** What the server did not say itself tells of the way to it. */
function rethrow(error: unknown): never {
  throw error instanceof pg.DatabaseError ? sqlError(error) : unavailableBecause(error);
}

/** Deadlock, or what comes to the same. */
const isUndone = (error: unknown) => error instanceof pg.DatabaseError && /^40/.test(error.code ?? "");

async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!isUndone(error)) throw error;
      if (tries === TRIES) throw unavailableBecause(error);
    }
  }
}
