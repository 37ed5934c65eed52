import { expect, test } from "@jest/globals";
import { isDeeperThan } from "../../../domain/session/nesting.ts";

const nested = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`) as unknown;

test.each([
  [1, "x", false],
  [1, {}, false],
  [1, { a: null }, false],
  [1, { a: {} }, true],
  [2, { a: [1], b: [[]] }, true],
  [32, nested(32), false],
  [32, nested(33), true],
  [32, nested(100_000), true],
])("more than %d levels: case %#", (depth, value, deeper) => {
  expect(isDeeperThan(depth, value)).toBe(deeper);
});
