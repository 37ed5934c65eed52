import { expect, test } from "@jest/globals";
import { metadata } from "../../../contracts/entry.ts";

test.each([
  ["a path", { path: "C:\\udata\\udat" }, true],
  ["a pair of surrogates", { text: "👍" }, true],
  ["half of one", { text: "\ud83d" }, false],
  ["half of one after a backslash", { text: "\\\udc4d" }, false],
  ["half of one as a name", { "\ud83d": 1 }, false],
])("metadata with %s: %j is good: %s", (_, given, good) => expect(metadata.safeParse(given).success).toBe(good));
