/**
 * A PostgreSQL connection, embedded or not: the SQL is the same.
 * Values are bound as $1, $2 …; rows come as objects keyed by column. Times come as Date.
 * Rejects with UnavailableError when the database cannot be reached in time, and with UniqueViolation
 * when a unique index says no.
 */
export interface Sql {
  query<Row>(sql: string, params?: unknown[]): Promise<Row[]>;
  /** All of it or nothing; `run` must use only the `Sql` it is given. */
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
