import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const built = join(root, "web", "dist", "index.html");

/** Builds the web page as `npm install` does, if what it is made of has changed since: the tests look at what is written now. */
export function buildPage(): void {
  const sources = ["web", "client", "contracts"].flatMap(filesIn);
  if (existsSync(built) && sources.every((file) => changedAt(file) <= changedAt(built))) return;
  execFileSync(process.execPath, ["node_modules/vite/bin/vite.js", "build", "web", "--logLevel", "warn"], { cwd: root });
}

const changedAt = (file: string) => statSync(file).mtimeMs;

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.filter((file) => !file.startsWith(join(root, "web", "dist")));
}
