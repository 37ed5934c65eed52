import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPglite } from "../stores/sql.pglite.ts";
import type { Sql } from "../stores/sql.ts";

export interface AccountsDatabase {
  sql: Sql;
  /** The folder it lies in. */
  folder: string;
  remove(): Promise<void>;
}

/** An empty, migrated accounts database of its own. */
export async function accountsDatabase(limits?: Parameters<typeof openPglite>[1]): Promise<AccountsDatabase> {
  const parent = mkdtempSync(join(tmpdir(), "switchboard-accounts-"));
  const folder = join(parent, "accounts");
  const template = process.env.SWITCHBOARD_ACCOUNTS_TEMPLATE;
  if (template) cpSync(template, folder, { recursive: true });
  const sql = await openPglite(folder, limits);
  return {
    sql,
    folder,
    async remove() {
      await sql.close();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
