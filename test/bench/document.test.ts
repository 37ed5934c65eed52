import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { figuresIn, figuresOf } from "../../bench/report/document.ts";
import { readResults } from "../../bench/report/results.ts";

describe("the figures in docs/performance.md", () => {
  test("are those of the committed results", () => {
    const document = readFileSync(new URL("../../docs/performance.md", import.meta.url), "utf8");
    expect(figuresIn(document)).toBe(figuresOf(readResults()));
  });

  test("are numbers that can be: every part has some, and none is negative", () => {
    const parts = Object.values(readResults());
    expect(parts.map(({ figures }) => figures.length)).not.toContain(0);
    const values = parts.flatMap(({ figures }) => figures.flatMap((figure) => Object.values(figure.values)));
    expect(values.filter((value) => !(value >= 0))).toEqual([]);
  });
});
