import { describe, expect, test } from "@jest/globals";
import { Watchers } from "../../../domain/presence/watchers.ts";

const phone = { sessionId: "s1", userId: "ada", nodeID: "g1" };
const laptop = { sessionId: "s2", userId: "ada", nodeID: "g2" };
const many = (count: number) => Array.from({ length: count }, (_, i) => `user-${i}`);
const sessionsOf = (watchers: Watchers, userId: string) => [...watchers.of(userId)].map(({ sessionId }) => sessionId);

describe("watchers", () => {
  test("are sessions: each has its own set", () => {
    const watchers = new Watchers();
    expect(watchers.watch(phone, ["bob", "cyd", "bob"])).toEqual(["bob", "cyd"]);
    expect(watchers.watch(laptop, ["bob"])).toEqual(["bob"]);
    expect(watchers.watch(phone, ["bob", "dan"])).toEqual(["dan"]);
    expect([sessionsOf(watchers, "bob"), sessionsOf(watchers, "dan")]).toEqual([["s1", "s2"], ["s1"]]);
    watchers.unwatch("s1", ["bob", "nobody"]);
    expect([sessionsOf(watchers, "bob"), sessionsOf(watchers, "cyd")]).toEqual([["s2"], ["s1"]]);
  });

  test("go with their gateway", () => {
    const watchers = new Watchers();
    watchers.watch(phone, ["bob", "cyd"]);
    watchers.watch(laptop, ["bob"]);
    watchers.gone("g1");
    expect([watchers.sessions, sessionsOf(watchers, "bob"), watchers.has("cyd")]).toEqual([1, ["s2"], false]);
  });

  test("leave nothing behind", () => {
    const watchers = new Watchers();
    watchers.watch(phone, many(500));
    watchers.watch(laptop, ["user-1"]);
    watchers.closed("s1");
    expect([watchers.sessions, watchers.has("user-0"), watchers.has("user-1")]).toEqual([1, false, true]);
    watchers.unwatch("s2", ["user-1"]);
    expect([watchers.sessions, watchers.has("user-1")]).toEqual([0, false]);
    watchers.closed("s2");
  });

  test("watch 500 users at most; one more and nothing is added", () => {
    const watchers = new Watchers();
    watchers.watch(phone, many(499));
    expect(() => watchers.watch(phone, ["bob", "cyd"])).toThrow(expect.objectContaining({ code: "VALIDATION" }));
    expect([watchers.has("bob"), watchers.has("cyd")]).toEqual([false, false]);
    expect(watchers.watch(phone, [...many(499), "bob"])).toEqual(["bob"]);
    expect(watchers.watch(laptop, ["cyd"])).toEqual(["cyd"]);
  });
});
