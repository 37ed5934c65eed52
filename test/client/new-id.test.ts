import { expect, test } from "@jest/globals";
import { newId } from "../../client/new-id.ts";
import { packId } from "../../stores/sqlite/packed-id.ts";

test("an id of a client's own is a UUID, which a store keeps in 16 bytes", () => {
  const id = newId();
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(packId(id)).toHaveLength(16);
});

test("it begins with the time in milliseconds", () => {
  const before = Date.now();
  const at = Number.parseInt(newId().slice(0, 13).replace("-", ""), 16);
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
});

test("no two are the same", () => {
  expect(new Set(Array.from({ length: 10_000 }, newId)).size).toBe(10_000);
});
