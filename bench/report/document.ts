import { readFileSync, writeFileSync } from "node:fs";
import type { Results, Told } from "./results.ts";
import { rowsOf } from "./table.ts";

const file = new URL("../../docs/performance.md", import.meta.url);
const BEGIN = "<!-- figures: written by `npm run bench` -->\n";
const END = "<!-- /figures -->";

/** Puts the figures into the document, in the place of those that were there. */
export function writeDocument(results: Results): void {
  const { before, after } = split(readFileSync(file, "utf8"));
  writeFileSync(file, before + figuresOf(results) + after);
}

/** What stands between the marks. */
export function figuresIn(document: string): string {
  return split(document).figures;
}

/** Every part as a table under what it measures and the command that does. */
export function figuresOf(results: Results): string {
  return Object.values(results)
    .map((part) => `\n**${part.says}** · \`${part.command}\`\n\n${markdown(part)}\n`)
    .join("");
}

function markdown(part: Told): string {
  const [head = [], ...rows] = rowsOf(part);
  return [head, head.map((_, i) => (i === 0 || i === head.length - 1 ? "---" : "---:")), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function split(document: string): { before: string; figures: string; after: string } {
  const begin = document.indexOf(BEGIN) + BEGIN.length;
  const end = document.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error("the document has no place for figures");
  return { before: document.slice(0, begin), figures: document.slice(begin, end), after: document.slice(end) };
}
