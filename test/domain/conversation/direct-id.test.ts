import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { directConversationId } from "../../../domain/conversation/direct-id.ts";

const userId = fc.uuid({ version: 7 });

describe("the id of a direct conversation", () => {
  test("is the same for both users", () => {
    fc.assert(fc.property(userId, userId, (a, b) => directConversationId(a, b) === directConversationId(b, a)));
  });

  test("is a UUID of version 8", () => {
    const uuid8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    fc.assert(fc.property(userId, userId, (a, b) => uuid8.test(directConversationId(a, b))));
  });

  test("differs for another pair", () => {
    fc.assert(
      fc.property(fc.uniqueArray(userId, { minLength: 3, maxLength: 3 }), ([a = "", b = "", c = ""]) => {
        const ids = [directConversationId(a, b), directConversationId(a, c), directConversationId(b, c)];
        return new Set(ids).size === 3;
      }),
    );
  });

  test("never changes, since it names what is stored", () => {
    expect(directConversationId("alice", "bob")).toBe("1e2af264-70aa-8838-a6fd-22e2907b8d1b");
  });
});
