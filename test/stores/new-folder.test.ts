import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { newFolder } from "../../stores/pglite/new-folder.ts";
import { openPglite } from "../../stores/sql.pglite.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "switchboard-folder-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function isUsable(dir: string): Promise<boolean> {
  const sql = await openPglite(dir);
  const [row] = await sql.query<{ users: number }>("SELECT count(*)::int AS users FROM users");
  await sql.close();
  return row?.users === 0;
}

test("a database is made from nothing where none was prepared, and from what was prepared where there is one", async () => {
  const template = join(root, "template");
  await newFolder(template, join(root, "none"));
  await newFolder(join(root, "copy"), template);
  expect(readdirSync(join(root, "copy"))).toEqual(readdirSync(template));
  expect(await isUsable(join(root, "copy"))).toBe(true);
  expect(await isUsable(template)).toBe(true);
});

test("what an interrupted making left behind is not used", async () => {
  const dir = join(root, "accounts");
  await newFolder(`${dir}.new`);
  rmSync(join(`${dir}.new`, "PG_VERSION"));
  await newFolder(dir);
  expect(existsSync(`${dir}.new`)).toBe(false);
  expect(await isUsable(dir)).toBe(true);
});
