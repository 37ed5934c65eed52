import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Rendezvous } from "../../../domain/placement/rendezvous.ts";

const keys = Array.from({ length: 3000 }, (_, i) => `0190a3c4-7e2b-7000-8000-${i.toString(16).padStart(12, "0")}`);
const nodeIDs = fc.uniqueArray(
  fc.string({ minLength: 1, maxLength: 12 }).map((name) => `${name}~1f`),
  { minLength: 1, maxLength: 8 },
);
const ownersAmong = (nodes: string[]) => {
  const rendezvous = new Rendezvous(nodes);
  return keys.map((key) => rendezvous.owner(key));
};

describe("rendezvous placement", () => {
  test("names the same owner whatever order the nodes are known in", () => {
    fc.assert(
      fc.property(nodeIDs, (nodes) => {
        expect(ownersAmong([...nodes].reverse()).join()).toBe(ownersAmong(nodes).join());
      }),
      { numRuns: 20 },
    );
  });

  test("moves keys only to a node that joins, about its share of them, and back when it leaves", () => {
    fc.assert(
      fc.property(nodeIDs, (nodes) => {
        const [newcomer = "", ...others] = nodes;
        fc.pre(others.length > 0);
        const before = ownersAmong(others);
        const after = ownersAmong(nodes);
        const moved = after.filter((owner, i) => owner !== before[i]);
        expect(new Set(moved)).toEqual(new Set([newcomer]));
        const share = keys.length / nodes.length;
        expect(moved.length).toBeGreaterThan(share * 0.7);
        expect(moved.length).toBeLessThan(share * 1.3);
      }),
      { numRuns: 50 },
    );
  });

  test("never changes its mind from one version of the engine to the next: nodes of both must agree", () => {
    const rendezvous = new Rendezvous(["a~1", "b~2", "c~3"]);
    const owners = keys.slice(0, 12).map((key) => rendezvous.owner(key)?.[0]);
    expect(owners.join("")).toBe("ccaabacabbab");
  });

  test("passes over the nodes to avoid, unless there is no other", () => {
    const rendezvous = new Rendezvous(["a", "b"]);
    for (const key of keys.slice(0, 100)) {
      expect(rendezvous.owner(key, (node) => node === "a")).toBe("b");
      expect(rendezvous.owner(key, () => true)).toBe(rendezvous.owner(key));
      expect(
        rendezvous.owner(
          key,
          () => true,
          (node) => node === "b",
        ),
      ).toBe("a");
    }
  });

  test("moves the keys of an avoided node only", () => {
    const all = ownersAmong(["a", "b", "c"]);
    const wrong: string[] = [];
    const rendezvous = new Rendezvous(["a", "b", "c"]);
    keys.forEach((key, i) => {
      const owner = rendezvous.owner(key, (node) => node === "a");
      if (owner === "a" || (all[i] !== "a" && owner !== all[i])) wrong.push(key);
    });
    expect(wrong).toEqual([]);
  });

  test("knows no owner without nodes", () => {
    expect(new Rendezvous([]).owner("key")).toBeUndefined();
  });
});
