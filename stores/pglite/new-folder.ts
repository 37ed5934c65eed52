import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { disk } from "./disk.ts";

/** An empty database as this version of PGlite makes it; it goes when the packages are installed anew. */
const prepared = fileURLToPath(new URL("../../node_modules/.cache/switchboard/accounts", import.meta.url));

/**
 * Makes a folder with an empty database, on disk when it resolves. Made beside its place and moved there whole: a process
 * that dies meanwhile leaves nothing half made.
 */
export async function newFolder(dir: string, template = prepared): Promise<void> {
  const draft = `${dir}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(dirname(dir), { recursive: true });
  if (existsSync(template)) await cp(template, draft, { recursive: true });
  else await (await PGlite.create(draft)).close();
  await syncAll(draft);
  renameSync(draft, dir);
  await disk.sync(dirname(dir));
}

/** Making a database takes seconds of computing: done once at install, a first start takes a copy. */
export async function prepare(): Promise<void> {
  rmSync(prepared, { recursive: true, force: true });
  await newFolder(prepared, "");
}

async function syncAll(folder: string): Promise<void> {
  const inside = await readdir(folder, { recursive: true });
  await Promise.all([folder, ...inside.map((path) => join(folder, path))].map((path) => disk.sync(path)));
}
