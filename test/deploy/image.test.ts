import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { startArguments } from "../start-arguments.ts";
import { root, text } from "./files.ts";

const [, build = "", run = ""] = text("Dockerfile").split(/^FROM /m);

/** Files and folders that a stage takes from the sources. */
const copiedBy = (stage: string) =>
  [...stage.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources]) => (sources ?? "").split(" "));
const isIn = (copied: string[], file: string) => copied.some((path) => file === path || file.startsWith(`${path}/`));

/** The files of ours that `entries` lead to, by import or by URL, and the packages. */
function closure(entries: string[]): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file) || !existsSync(file) || statSync(file).isDirectory()) return;
    files.add(file);
    const source = readFileSync(file, "utf8").replaceAll(/^import type .*$/gm, "");
    for (const [, name = ""] of source.matchAll(/(?:\bfrom|\bimport|new URL)\s*\(?\s*"([^"\n]+)"/g)) {
      if (name.startsWith(".")) visit(resolve(dirname(file), name));
      else if (!name.startsWith("node:")) packages.add(/^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    }
  };
  for (const entry of entries) visit(join(root, entry));
  return { files: new Set([...files].map((file) => relative(root, file))), packages };
}

test("the image has every file and package that a node needs, and no package that only builds the page", () => {
  const { files, packages } = closure(["moleculer.config.ts", "repl.config.ts"]);
  const copied = [...copiedBy(run), "package.json"];
  expect([...files].filter((file) => !isIn(copied, file))).toEqual([]);
  const removed = [...build.matchAll(/dependencies\.(\S+)/g)].map(([, name]) => name as string);
  const { dependencies } = JSON.parse(text("package.json")) as { dependencies: Record<string, string> };
  expect(removed).toContain("vite");
  expect([...packages].filter((name) => !(name in dependencies) || removed.includes(name))).toEqual([]);
});

test("the image runs what `npm start` runs", () => {
  const [, command = ""] = /^CMD (\[.*\])$/m.exec(run) ?? [];
  expect(JSON.parse(command)).toEqual(["node", ...startArguments()]);
});

test("the page is built from what the first stage has", () => {
  const pages = readdirSync(join(root, "web"), { recursive: true, encoding: "utf8" });
  const sources = pages.filter((file) => /\.tsx?$/.test(file) && !file.startsWith("dist")).map((file) => `web/${file}`);
  const { files } = closure([...sources, "stores/pglite/prepare.ts"]);
  expect(files.size).toBeGreaterThan(sources.length);
  expect([...files].filter((file) => !isIn([...copiedBy(build), "package.json"], file))).toEqual([]);
});

test("nothing is hidden from the build that it copies", () => {
  const let_in = [...text(".dockerignore").matchAll(/^!(.+)$/gm)].map(([, path]) => path as string);
  expect([...copiedBy(build), ...copiedBy(run)].filter((path) => !let_in.includes(path))).toEqual([]);
});

test("it runs as somebody who may do nothing, on the Node that the engine is tested with", () => {
  expect(run).toMatch(/^USER node$/m);
  expect(run).toMatch(/^STOPSIGNAL SIGTERM$/m);
  const { dependencies } = JSON.parse(text("package.json")) as { dependencies: Record<string, string> };
  const major = dependencies.node?.split(".")[0];
  for (const stage of [build, run]) expect(stage).toMatch(new RegExp(`^node:${major}-`));
});

test("it starts as npm start does", () => {
  const { scripts } = JSON.parse(text("package.json")) as { scripts: { start: string } };
  const command = JSON.parse(/^CMD (.+)$/m.exec(run)?.[1] ?? "[]") as string[];
  expect(`exec ${command.join(" ")}`).toBe(scripts.start);
});
