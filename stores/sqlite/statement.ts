import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** A prepared statement whose rows are `Row`: the one place that claims what SQL answers. */
export interface Statement<Row> {
  all(...params: SQLInputValue[]): Row[];
  get(...params: SQLInputValue[]): Row | undefined;
  /** Runs it; answers how many rows it changed. */
  run(...params: SQLInputValue[]): number;
}

export function prepare<Row = never>(db: DatabaseSync, sql: string): Statement<Row> {
  const statement = db.prepare(sql);
  return {
    all: (...params) => statement.all(...params) as Row[],
    get: (...params) => statement.get(...params) as Row | undefined,
    run: (...params) => Number(statement.run(...params).changes),
  };
}
