import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "../../../contracts/limits.ts";
import { syncRequest } from "../../../contracts/socket-events.ts";
import { decodeSyncCursor, encodeSyncCursor, type SyncCursor } from "../../../domain/conversation/sync-cursor.ts";

const seq = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const cursor: fc.Arbitrary<SyncCursor> = fc.record({
  positions: fc.array(fc.tuple(fc.uuid(), seq)).map((pairs) => new Map(pairs)),
  changes: seq,
});

describe("a sync cursor", () => {
  test("says the same after the way to a client and back", () => {
    fc.assert(fc.property(cursor, (before) => expect(decodeSyncCursor(encodeSyncCursor(before))).toEqual(before)));
  });

  test("of the most conversations that a page moves is short enough for a request", () => {
    const ids = Array.from(
      { length: limits.syncConversations },
      (_, i) => `019306b4-0000-7000-8000-${String(i).padStart(12, "0")}`,
    );
    const positions = new Map(ids.map((id) => [id, Number.MAX_SAFE_INTEGER]));
    const text = encodeSyncCursor({ positions, changes: Number.MAX_SAFE_INTEGER });
    expect(syncRequest.safeParse({ cursor: text }).success).toBe(true);
  });

  test.each([
    ["nothing", ""],
    ["no base64", "%%%"],
    ["no JSON", Buffer.from("{").toString("base64url")],
    ["another version", Buffer.from("[2,0,[]]").toString("base64url")],
    ["a seq as text", Buffer.from('[1,0,[["a","1"]]]').toString("base64url")],
    ["a seq below 0", Buffer.from('[1,0,[["a",-1]]]').toString("base64url")],
    ["a seq past what JSON carries", Buffer.from('[1,0,[["a",9007199254740993]]]').toString("base64url")],
    ["an id with a blank", Buffer.from('[1,0,[["a b",1]]]').toString("base64url")],
    ["no changes", Buffer.from("[1,null,[]]").toString("base64url")],
  ])("that is %s is VALIDATION", (_, text) => {
    expect(() => decodeSyncCursor(text)).toThrow(expect.objectContaining({ code: "VALIDATION" }));
  });

  test("of any text is decoded or VALIDATION", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => Buffer.from(json).toString("base64url")),
        ),
        (text) => {
          try {
            return decodeSyncCursor(text).positions instanceof Map;
          } catch (error) {
            return (error as { code?: string }).code === "VALIDATION";
          }
        },
      ),
    );
  });
});
