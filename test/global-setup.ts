import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPglite } from "../stores/sql.pglite.ts";
import { buildPage } from "./page-build.ts";

/**
 * Builds the page if it is stale, and makes one migrated accounts folder for the whole run; engines start on copies of it.
 * A place is kept for the like of PostgreSQL, which is made by the first test that needs it.
 */
export default async function setup(): Promise<void> {
  buildPage();
  const templates = mkdtempSync(join(tmpdir(), "switchboard-template-"));
  const folder = join(templates, "accounts");
  const sql = await openPglite(folder);
  await sql.close();
  process.env.SWITCHBOARD_ACCOUNTS_TEMPLATE = folder;
  process.env.SWITCHBOARD_POSTGRES_TEMPLATE = join(templates, "postgres");
}
