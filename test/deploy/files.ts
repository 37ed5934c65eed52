import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { serviceNames, settings } from "../../config.ts";

export const root = resolve(import.meta.dirname, "../..");
export const text = (path: string): string => readFileSync(join(root, path), "utf8");
export const paths = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();

/** With its anchors and merges resolved. Refuses a key that stands twice. */
export const yamlOf = <T>(path: string): T => parse(text(path), { merge: true }) as T;

export function documentsOf<T>(path: string): T[] {
  return parseAllDocuments(text(path)).map((document) => {
    if (document.errors.length) throw document.errors[0];
    return document.toJS() as T;
  });
}

/** What of these names is no setting. */
export const unknownSettings = (names: string[]): string[] => names.filter((name) => !Object.hasOwn(settings, name));

/** Which services these roles give to fewer than two nodes. Every node has `ops`. */
export function servedByFewerThanTwo(roles: string[]): string[] {
  const served = roles.flatMap((role) => role.split(","));
  const unknown = served.filter((name) => !(serviceNames as readonly string[]).includes(name));
  if (unknown.length) throw new Error(`no such service: ${unknown}`);
  return serviceNames.filter((name) => name !== "ops" && served.filter((one) => one === name).length < 2);
}
