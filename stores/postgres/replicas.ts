import type { Clock } from "../../contracts/clock.ts";
import { OverloadedError, UnavailableError } from "../../contracts/errors.ts";
import { Suspicions } from "../../domain/placement/suspicions.ts";
import type { SqlReader } from "../sql.ts";

/** Asks replicas in turn, and the database itself where none answers. One that did not answer is passed over for some seconds. */
export class Replicas implements SqlReader {
  readonly #replicas: Map<string, SqlReader>;
  readonly #database: SqlReader;
  readonly #down: Suspicions;
  #asked = 0;

  constructor(replicas: SqlReader[], database: SqlReader, clock: Clock) {
    this.#replicas = new Map(replicas.map((replica, index) => [`${index}`, replica]));
    this.#database = database;
    this.#down = new Suspicions(clock);
  }

  async query<Row>(sql: string, params?: unknown[]): Promise<Row[]> {
    const next = this.#next();
    if (!next) return this.#database.query<Row>(sql, params);
    const [name, replica] = next;
    try {
      return await replica.query<Row>(sql, params);
    } catch (error) {
      if (!(error instanceof UnavailableError || error instanceof OverloadedError)) throw error;
      this.#down.suspect(name);
      return this.#database.query<Row>(sql, params);
    }
  }

  #next(): [string, SqlReader] | undefined {
    const up = [...this.#replicas].filter(([name]) => !this.#down.has(name));
    return up[this.#asked++ % up.length];
  }
}
