import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where Debian puts servers, which is not on everybody's PATH. */
const more = ["/usr/local/sbin", "/usr/sbin"];

/** Where a program is; undefined if it is not on this machine. */
export function program(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...more];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const postgresVersions = "/usr/lib/postgresql";

/** One of PostgreSQL's programs, of the newest version that Debian has put aside, or else the one on PATH. */
export function postgresProgram(name: string): string | undefined {
  const versions = existsSync(postgresVersions) ? readdirSync(postgresVersions).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(postgresVersions, version, "bin", name)).find(isProgram) ?? program(name);
}
