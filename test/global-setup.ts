import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPglite } from "../stores/sql.pglite.ts";

/** Makes one migrated accounts folder for the whole run; engines start on copies of it. */
export default async function setup(): Promise<void> {
  const folder = join(mkdtempSync(join(tmpdir(), "switchboard-template-")), "accounts");
  const sql = await openPglite(folder);
  await sql.close();
  process.env.SWITCHBOARD_ACCOUNTS_TEMPLATE = folder;
}
