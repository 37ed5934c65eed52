import { describe, expect, test } from "@jest/globals";
import type { Membership, MessageLog } from "../../../stores/message-log.ts";
import { startConversation } from "../test-conversation.ts";

export function membershipContract(log: () => MessageLog): void {
  describe("memberships", () => {
    test("tell of the member and of the conversation around it", async () => {
      const c = await startConversation(log(), { messages: 2, members: ["ann", "bob"] });
      const record = c.record({ snapSeq: 1, settings: { name: "N" }, epoch: 1, floorSeq: 1 });
      await log().append(c.commit([], { record }));
      const membership: Membership = {
        member: c.member("bob"),
        type: "group",
        epoch: 1,
        settings: { name: "N" },
        floorSeq: 1,
        createdAt: c.at(0),
        lastSeq: 2,
        lastN: 2,
        lastAt: c.at(2),
      };
      expect(await log().member(c.id, "bob")).toEqual(membership);
      expect(await log().memberships("bob")).toEqual([membership]);
    });

    test("end before the first entry with the making of the conversation", async () => {
      const c = await startConversation(log(), { members: ["ann"] });
      expect(await log().member(c.id, "ann")).toMatchObject({ lastSeq: 0, lastN: 0, lastAt: c.at(0) });
    });

    test("are all of the user's, those that ended too, and nobody else's", async () => {
      const [c, d] = [await startConversation(log(), { members: ["ann", "bob"] }), await startConversation(log())];
      await startConversation(log(), { members: ["bob"] });
      const left = d.member("ann", { intervals: [{ from: 1, to: 3 }], asOf: 3 });
      await log().append(d.commit([], { members: [left] }));
      const mine = (await log().memberships("ann")).map(({ member }) => member);
      expect(mine).toHaveLength(2);
      expect(mine).toEqual(expect.arrayContaining([c.member("ann"), left]));
      expect(await log().memberships("nobody")).toEqual([]);
    });

    test("of a stranger or in a conversation that is not there are null", async () => {
      const c = await startConversation(log(), { members: ["ann"] });
      expect(await log().member(c.id, "bob")).toBeNull();
      expect(await log().member("nowhere", "ann")).toBeNull();
      expect(await log().members("nowhere")).toEqual([]);
    });
  });

  describe("rosters", () => {
    test("count who is present and name the owner", async () => {
      const [c, d] = [
        await startConversation(log(), { members: ["ann"] }),
        await startConversation(log(), { members: ["ann", "bob"] }),
      ];
      const back = [{ from: 1, to: 2 }, { from: 4 }];
      const members = [
        c.member("own", { role: "owner" }),
        c.member("gone", { intervals: [{ from: 1, to: 2 }] }),
        c.member("back", { intervals: back }),
      ];
      await log().append(c.commit([], { members }));
      const rosters = await log().rosters([c.id, "nowhere", d.id]);
      expect(rosters).toEqual([
        { conversationId: c.id, memberCount: 3, ownerId: "own" },
        { conversationId: d.id, memberCount: 2 },
      ]);
    });
  });

  describe("heads", () => {
    test("are the ends of those logs that are there", async () => {
      const [c, d] = [await startConversation(log(), { messages: 2 }), await startConversation(log())];
      const pin = c.entry({ kind: "pin", target: "m", op: "add" });
      await log().append(c.commit([pin]));
      expect(await log().heads([c.id, "nowhere", d.id])).toEqual([
        { conversationId: c.id, lastSeq: 3, lastN: 2, lastAt: c.at(3) },
        { conversationId: d.id, lastSeq: 0, lastN: 0, lastAt: d.at(0) },
      ]);
    });
  });
}
