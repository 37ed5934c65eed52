import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { packId, unpackId } from "../../stores/sqlite/packed-id.ts";

const uuid = "0198f3a2-5c1e-7b6d-8a90-123456789abc";
/** Not quite a UUID in its usual form. */
const nearly = [
  uuid.toUpperCase(),
  uuid.replaceAll("-", ""),
  uuid.replace("-", "0"),
  uuid.replace("a", "g"),
  uuid.replace("0", "\u0130"),
  uuid.replace("0198f3a2", "-0198f3a"),
  `${uuid}0`,
  uuid.slice(1),
];

describe("an id", () => {
  test("that is a UUID takes 16 bytes", () => {
    expect(packId(uuid)).toEqual(Uint8Array.from(Buffer.from(uuid.replaceAll("-", ""), "hex")));
  });

  test.each(nearly)("that only resembles one is kept as it is: %s", (id) => {
    expect(packId(id)).toBe(id);
  });

  test("comes out as it went in", () => {
    const id = fc.oneof(fc.uuid(), fc.string(), fc.constantFrom(...nearly));
    fc.assert(fc.property(id, (one) => expect(unpackId(packId(one))).toBe(one)));
  });
});
