import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { MemberEntry } from "../../../contracts/entry.ts";
import { LocalMembers } from "../../../domain/session/local-members.ts";

const entry = (seq: number, op: MemberEntry["op"], userIds: string[]): MemberEntry => ({
  conversationId: "c",
  seq,
  id: `m${seq}`,
  kind: "member",
  op,
  userIds,
  senderId: "ada",
  createdAt: "2026-01-01T00:00:00.000Z",
  n: 0,
});

const everybody = () => true;

describe("the members of a group at a gateway", () => {
  test("are followed by the entries that change them, as far as they are here", () => {
    const members = new LocalMembers();
    members.replace(5, [
      ["ada", 1],
      ["bob", 4],
    ]);
    members.follow(entry(6, "add", ["cyd", "far"]), (userId) => userId !== "far");
    members.follow(entry(9, "remove", ["bob"]), everybody);
    expect([members.version, members.at(9)]).toEqual([9, ["ada", "cyd"]]);
  });

  test("do not get what was said before they came", () => {
    const members = new LocalMembers();
    members.replace(9, [
      ["ada", 1],
      ["bob", 4],
      ["cyd", 9],
    ]);
    expect([members.at(3), members.at(4), members.at(8), members.at(9)]).toEqual([
      ["ada"],
      ["ada", "bob"],
      ["ada", "bob"],
      ["ada", "bob", "cyd"],
    ]);
  });

  test("are the same array until they change", () => {
    const members = new LocalMembers();
    members.replace(2, [["ada", 1]]);
    const before = members.at(3);
    expect(members.at(4)).toBe(before);
    members.add([["bob", 2]]);
    expect(members.at(4)).toEqual(["ada", "bob"]);
  });

  test("are at every version who the log says, wherever they were taken up, and never anybody who came later", () => {
    const users = ["a", "b", "c", "d", "e"];
    const step = fc.record({ op: fc.constantFrom<MemberEntry["op"]>("add", "remove", "role"), user: fc.constantFrom(...users) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(30), fc.subarray(users), (steps, from, here) => {
        const isHere = (userId: string) => here.includes(userId);
        const present = new Map<string, number>();
        const local = new LocalMembers();
        const truth: string[][] = [];
        for (const [i, { op, user }] of steps.entries()) {
          const seq = i + 1;
          if (op === "remove") present.delete(user);
          // Nobody is added who is in.
          const change = entry(seq, op === "add" && present.has(user) ? "role" : op, [user]);
          if (change.op === "add") present.set(user, seq);
          const now = [...present].filter(([userId]) => isHere(userId));
          truth.push(now.map(([userId]) => userId));
          if (i === from) local.replace(seq, now);
          if (i > from) local.follow(change, isHere);
          if (i >= from) expect(new Set(local.at(seq))).toEqual(new Set(truth[i]));
        }
        for (const [i, were] of truth.entries()) expect(were).toEqual(expect.arrayContaining([...local.at(i + 1)]));
      }),
      { numRuns: 500 },
    );
  });
});
