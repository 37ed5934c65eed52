import { readdirSync, readFileSync } from "node:fs";
import type { Sql } from "../sql.ts";

const folder = new URL("./migrations/", import.meta.url);
/** Any number, as long as no other program takes the same advisory lock in this database. */
const LOCK = 7_140_021;

/** Nodes at work wait for a table no longer than this while it is changed; if it cannot be had so soon, nothing is. */
const LOCK_WAIT = "5s";

/**
 * Brings the database to the newest of `migrations/NNNN-name.sql`. Forward only; each runs once, all that are
 * missing in one transaction under a lock, so any number of nodes may start at once. A file that was released
 * is never changed. A statement ends with `;` at the end of a line.
 *
 * Nodes of the release before go on working on what a file leaves, and may start on it. One that they could not
 * work with is named `NNNN-name.breaking.sql`: they refuse to start then.
 */
export async function migrate(sql: Sql): Promise<void> {
  const known = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  await sql.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await tx.query(
      "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
    );
    const applied = new Set((await tx.query<{ name: string }>("SELECT name FROM migrations")).map((row) => row.name));
    const newer = [...applied].find((name) => name.endsWith(".breaking.sql") && !known.includes(name));
    if (newer) throw new Error(`the accounts database was migrated by a newer version (${newer})`);
    await tx.query(`SET LOCAL lock_timeout = '${LOCK_WAIT}'`);
    for (const name of known.filter((file) => !applied.has(file))) await apply(tx, name);
  });
}

async function apply(tx: Sql, name: string): Promise<void> {
  const statements = readFileSync(new URL(name, folder), "utf8").split(/;[ \t]*$/m);
  for (const statement of statements.filter((text) => text.trim())) await tx.query(statement);
  await tx.query("INSERT INTO migrations (name) VALUES ($1)", [name]);
}
