import { beforeEach, describe, expect, test } from "@jest/globals";
import type { MemberEntry } from "../../../contracts/entry.ts";
import type { GroupState } from "../../../contracts/services/conversations.ts";
import { type Groups, groups as groupsOn } from "../../../stores/accounts/groups.ts";
import type { Sql } from "../../../stores/sql.ts";

const createdAt = "2026-01-02T03:04:05.678Z";

const state = (version: number, memberCount: number, more: Partial<GroupState> = {}): GroupState => ({
  conversationId: "g1",
  type: "group",
  settings: { name: `as of ${version}` },
  ownerId: "ada",
  memberCount,
  createdAt,
  version,
  ...more,
});

const entry = (
  seq: number,
  op: MemberEntry["op"],
  userIds: string[],
  role?: MemberEntry["role"],
): MemberEntry & { n: number } => ({
  conversationId: "g1",
  seq,
  id: `e${seq}`,
  kind: "member",
  senderId: "ada",
  createdAt,
  n: 0,
  op,
  userIds,
  ...(role && { role }),
});

export function groupsContract(open: () => Sql): void {
  describe("groups", () => {
    let groups: Groups;
    beforeEach(async () => {
      await open().query("DELETE FROM groups");
      groups = groupsOn(open());
      await groups.apply(state(1, 2), entry(1, "create", ["ada", "bob"]));
    });
    const rolesOf = async (userId: string) => (await groups.ofUser(userId, 10)).map(({ role }) => role);

    test("are known by their version, 0 if they are not", async () => {
      const versions = await groups.versions(["g1", "g2"]);
      expect([versions.get("g1") ?? 0, versions.get("g2") ?? 0]).toEqual([1, 0]);
    });

    test("follow what their logs say of members and roles", async () => {
      expect([await rolesOf("ada"), await rolesOf("bob")]).toEqual([["owner"], ["member"]]);
      expect(await groups.apply(state(2, 3), entry(2, "add", ["cyd"]), 1)).toBe("applied");
      expect(await groups.apply(state(3, 3, { ownerId: "cyd" }), entry(3, "role", ["cyd"], "owner"), 2)).toBe("applied");
      expect(await groups.apply(state(4, 2, { ownerId: "cyd" }), entry(4, "leave", ["bob"]), 3)).toBe("applied");
      expect([await rolesOf("ada"), await rolesOf("bob"), await rolesOf("cyd")]).toEqual([["admin"], [], ["owner"]]);
      expect(await groups.ofUser("cyd", 10)).toMatchObject([{ id: "g1", settings: { name: "as of 4" }, memberCount: 2 }]);
    });

    test("a change that is in already, or comes too soon, changes nothing", async () => {
      expect(await groups.apply(state(1, 2), entry(1, "create", ["ada", "bob"]))).toBe("stale");
      expect(await groups.apply(state(5, 3), entry(5, "add", ["cyd"]), 4)).toBe("gap");
      expect(await rolesOf("cyd")).toEqual([]);
      expect((await groups.versions(["g1"])).get("g1")).toBe(1);
    });

    test("of the same change many times at once one counts", async () => {
      const change = () => groups.apply(state(2, 3), entry(2, "add", ["cyd"]), 1);
      const outcomes = await Promise.all(Array.from({ length: 8 }, change));
      expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === "stale")).toHaveLength(7);
    });

    test("are replaced whole by a newer state, and by no older one", async () => {
      await groups.replace(state(9, 1), [{ userId: "dan", role: "owner", joinedAt: createdAt }]);
      await groups.replace(state(8, 1), [{ userId: "eve", role: "owner", joinedAt: createdAt }]);
      expect([await rolesOf("ada"), await rolesOf("dan"), await rolesOf("eve")]).toEqual([[], ["owner"], []]);
    });

    test("of a user come page by page, the newest first", async () => {
      for (const id of ["g2", "g3"]) {
        const newer = { conversationId: id, createdAt: `2026-01-0${id.at(1)}T04:00:00.000Z` };
        await groups.replace(state(1, 1, newer), [{ userId: "ada", role: "owner", joinedAt: createdAt }]);
      }
      const page = async (after?: string) => (await groups.ofUser("ada", 2, after)).map(({ id }) => id);
      expect(await page()).toEqual(["g3", "g2"]);
      expect(await page("g2")).toEqual(["g1"]);
    });
  });
}
