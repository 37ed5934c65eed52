/** Values are bound as $1, $2 …; rows come as objects keyed by column. Times come as Date, bigint as number. */
export interface SqlReader {
  query<Row>(sql: string, params?: unknown[]): Promise<Row[]>;
}

/**
 * A PostgreSQL database, embedded or not: the SQL is the same.
 * Rejects with UnavailableError when the database cannot be reached in time, and with UniqueViolation
 * when a unique index says no. What was answered is durable.
 */
export interface Sql extends SqlReader {
  /** For questions whose answer may be some seconds old: asks a replica where there is one. */
  readonly lagging: SqlReader;
  /**
   * All of it or nothing; `run` must use only the `Sql` it is given. It runs again if the database undid it for the
   * sake of another one (a deadlock), so it must do nothing else than that.
   */
  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export class UniqueViolation extends Error {
  /** Name of the constraint or index. */
  readonly constraint: string;
  constructor(constraint: string, options?: ErrorOptions) {
    super(`unique: ${constraint}`, options);
    this.name = "UniqueViolation";
    this.constraint = constraint;
  }
}
