import { beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../contracts/clock.ts";
import { type IdempotencyKeys, idempotencyKeys } from "../../../stores/accounts/idempotency.ts";
import type { Sql } from "../../../stores/sql.ts";

export function idempotencyContract(open: () => Sql): void {
  describe("answers kept for repeated requests", () => {
    let keys: IdempotencyKeys;
    let now: number;
    beforeEach(async () => {
      now = 1_800_000_000_000;
      await open().query("DELETE FROM idempotency_keys");
      keys = idempotencyKeys(open(), { ...systemClock, now: () => now });
    });

    test("of many requests at once exactly one is new", async () => {
      const begun = await Promise.all(Array.from({ length: 10 }, () => keys.begin("u", "k", "f")));
      expect(begun.filter(({ state }) => state === "new")).toHaveLength(1);
      expect(begun.filter(({ state }) => state === "running")).toHaveLength(9);
    });

    test("a finished request answers again what it answered", async () => {
      await keys.begin("u", "k", "f");
      await keys.finish("u", "k", 201, '{"a":1}');
      expect(await keys.begin("u", "k", "f")).toEqual({ state: "done", status: 201, body: '{"a":1}' });
    });

    test("the same key for another request is a mismatch, for another user it is new", async () => {
      await keys.begin("u", "k", "f");
      expect(await keys.begin("u", "k", "g")).toEqual({ state: "mismatch" });
      expect(await keys.begin("v", "k", "g")).toEqual({ state: "new" });
    });

    test("an abandoned key is free, a finished one cannot be abandoned", async () => {
      await keys.begin("u", "k", "f");
      await keys.abandon("u", "k");
      expect(await keys.begin("u", "k", "f")).toEqual({ state: "new" });
      await keys.finish("u", "k", 204, "");
      await keys.abandon("u", "k");
      expect(await keys.begin("u", "k", "f")).toEqual({ state: "done", status: 204, body: "" });
    });

    test("a request whose process died is taken over after two minutes, once", async () => {
      await keys.begin("u", "k", "f");
      now += 120_001;
      expect(await keys.begin("u", "k", "f")).toEqual({ state: "new" });
      expect(await keys.begin("u", "k", "f")).toEqual({ state: "running" });
    });

    test("sweep forgets the old ones only", async () => {
      await keys.begin("u", "old", "f");
      now += 1000;
      await keys.begin("u", "young", "f");
      await keys.sweep(now);
      expect(await keys.begin("u", "old", "f")).toEqual({ state: "new" });
      expect(await keys.begin("u", "young", "f")).toEqual({ state: "running" });
    });
  });
}
