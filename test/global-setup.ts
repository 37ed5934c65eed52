import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPglite } from "../stores/sql.pglite.ts";
import { buildPage } from "./page-build.ts";

/** Builds the page if it is stale, and makes one migrated accounts folder for the whole run; engines start on copies of it. */
export default async function setup(): Promise<void> {
  buildPage();
  const folder = join(mkdtempSync(join(tmpdir(), "switchboard-template-")), "accounts");
  const sql = await openPglite(folder);
  await sql.close();
  process.env.SWITCHBOARD_ACCOUNTS_TEMPLATE = folder;
}
