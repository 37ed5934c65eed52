import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "@jest/globals";

const root = resolve(import.meta.dirname, "../..");
const services = join(root, "services");

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(folder, file));
}

/** The files of ours that a file imports. */
function imports(file: string): string[] {
  const found = readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map(([, path]) => resolve(dirname(file), path as string));
}

const layerOf = (file: string) => relative(root, file).split(sep)[0] as string;
const serviceOf = (file: string) =>
  file.startsWith(services + sep) ? (relative(services, file).split(sep)[0] as string) : undefined;

/** Who may import whom; `config.ts` counts as a layer of its own. */
const below: Record<string, string[]> = {
  contracts: ["contracts"],
  domain: ["domain", "contracts"],
  stores: ["stores", "domain", "contracts", "config.ts"],
  client: ["client", "contracts"],
  web: ["web", "client"],
  mixins: ["mixins", "domain", "contracts", "stores"],
  services: ["services", "mixins", "domain", "contracts", "stores", "config.ts"],
  node: ["node", "services", "mixins", "domain", "contracts", "stores", "config.ts"],
};

describe.each(Object.keys(below))("%s", (layer) => {
  test("imports only what lies below it", () => {
    const wrong = sources(join(root, layer)).flatMap((file) =>
      imports(file)
        .filter((imported) => !below[layer]?.includes(layerOf(imported)))
        .map((imported) => `${relative(root, file)} → ${relative(root, imported)}`),
    );
    expect(wrong).toEqual([]);
  });
});

test("services never import each other", () => {
  const wrong = sources(services)
    .filter((file) => dirname(file) !== services)
    .flatMap((file) =>
      imports(file)
        .filter((imported) => dirname(imported) !== services && serviceOf(imported) && serviceOf(imported) !== serviceOf(file))
        .map((imported) => `${relative(root, file)} → ${relative(root, imported)}`),
    );
  expect(wrong).toEqual([]);
});

test("the SDK takes only types from the contracts, so that a browser needs nothing else", () => {
  const wrong = sources(join(root, "client")).filter((file) =>
    /^import (?!type\b).*contracts\//m.test(readFileSync(file, "utf8")),
  );
  expect(wrong.map((file) => relative(root, file))).toEqual([]);
});
