import { readFile, stat } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { NotFoundError } from "../../../contracts/errors.ts";
import { CachedText } from "./cached-text.ts";
import type { EdgeHandler } from "./request.ts";

/** No dot but the last one: a name cannot lead out of the folder. */
const moduleName = /^((?:[\w-]+\/)*[\w-]+)\.js$/;
const relativeImport = /((?:\bfrom|\bimport)\s*\(?\s*["']\.{1,2}\/[^"'\n]+)\.ts(["'])/g;

/**
 * The TypeScript modules of `folder` as browsers can run them: without their types, importing each other as `.js`.
 * A module is made again when its file changed.
 */
export function clientModules(folder: string): EdgeHandler {
  const made = new Map<string, { text: CachedText; changedAt: number }>();

  async function moduleOf(name: string): Promise<CachedText> {
    const file = join(folder, `${name}.ts`);
    const { mtimeMs } = await stat(file).catch(() => Promise.reject(new NotFoundError("there is no such module")));
    const known = made.get(name);
    if (known?.changedAt === mtimeMs) return known.text;
    const text = new CachedText(browserModule(await readFile(file, "utf8")), "text/javascript; charset=utf-8");
    made.set(name, { text, changedAt: mtimeMs });
    return text;
  }

  return async (req, res) => {
    const name = moduleName.exec(req.$params.params?.module ?? "")?.[1];
    if (!name) throw new NotFoundError("there is no such module");
    (await moduleOf(name)).send(req, res);
  };
}

function browserModule(source: string): string {
  return stripTypeScriptTypes(source).replace(relativeImport, "$1.js$2");
}
