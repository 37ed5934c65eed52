import { beforeEach, describe, expect, test } from "@jest/globals";
import { type PresenceChange, Presences } from "../../../domain/presence/presences.ts";
import { ManualClock } from "../../manual-clock.ts";

const GRACE_MS = 30_000;
let clock: ManualClock;
let told: PresenceChange[][];
let presences: Presences;

beforeEach(() => {
  clock = new ManualClock(0);
  told = [];
  presences = new Presences({ clock, graceMs: GRACE_MS, onChanges: (changes) => void told.push(changes) });
});

describe("presence", () => {
  test("is online with the first route and offline a grace time after the last, seen last when that went", () => {
    expect(presences.statusOf("ada")).toBe("offline");
    presences.came(["ada"]);
    expect(presences.statusOf("ada")).toBe("online");
    clock.turn(1000);
    presences.went(["ada"]);
    clock.turn(GRACE_MS - 1);
    expect(presences.statusOf("ada")).toBe("online");
    clock.turn(1);
    expect(presences.statusOf("ada")).toBe("offline");
    expect(told).toEqual([[{ userId: "ada", status: "online" }], [{ userId: "ada", status: "offline", lastSeen: 1000 }]]);
    expect(presences.size).toBe(0);
  });

  test("does not flicker when somebody reconnects within the grace", () => {
    presences.came(["ada"]);
    for (let i = 0; i < 3; i++) {
      presences.went(["ada"]);
      clock.turn(GRACE_MS - 1);
      presences.came(["ada"]);
    }
    clock.turn(10 * GRACE_MS);
    expect(presences.statusOf("ada")).toBe("online");
    expect(told.length).toBe(1);
  });

  test("ends for each after their own grace", () => {
    presences.came(["ada", "bob", "cyd"]);
    presences.went(["ada"]);
    clock.turn(10_000);
    presences.went(["bob"]);
    clock.turn(10_000);
    presences.went(["cyd"]);
    presences.came(["ada"]);
    clock.turn(20_000);
    expect(["ada", "bob", "cyd"].map((userId) => presences.statusOf(userId))).toEqual(["online", "offline", "online"]);
    clock.turn(10_000);
    expect(presences.statusOf("cyd")).toBe("offline");
    expect(
      told
        .slice(1)
        .flat()
        .map(({ userId, lastSeen }) => [userId, lastSeen]),
    ).toEqual([
      ["bob", 10_000],
      ["cyd", 20_000],
    ]);
  });

  test("of many who go at once is told at once", () => {
    const everybody = Array.from({ length: 100 }, (_, i) => `user-${i}`);
    presences.came(everybody);
    presences.went(everybody);
    clock.turn(GRACE_MS);
    expect(told.map(({ length }) => length)).toEqual([100, 100]);
  });

  test("without a grace ends at once", () => {
    presences = new Presences({ clock, graceMs: 0, onChanges: () => {} });
    presences.came(["ada"]);
    presences.went(["ada"]);
    clock.turn(0);
    expect(presences.statusOf("ada")).toBe("offline");
  });
});

describe("what somebody says of themselves", () => {
  test("shows at once and survives a reconnect within the grace, but no longer absence", () => {
    presences.came(["ada"]);
    presences.say("ada", "busy");
    presences.went(["ada"]);
    clock.turn(GRACE_MS - 1);
    expect(presences.statusOf("ada")).toBe("busy");
    presences.came(["ada"]);
    expect(presences.statusOf("ada")).toBe("busy");
    presences.went(["ada"]);
    clock.turn(GRACE_MS);
    presences.came(["ada"]);
    expect(presences.statusOf("ada")).toBe("online");
    expect(told.flat().map(({ status }) => status)).toEqual(["online", "busy", "offline", "online"]);
  });

  test("is not told when it says nothing new", () => {
    presences.came(["ada"]);
    presences.say("ada", "online");
    presences.say("ada", "away");
    presences.say("ada", "away");
    expect(told.flat().map(({ status }) => status)).toEqual(["online", "away"]);
  });

  test("before the route is known counts from then on, and is forgotten if none comes", () => {
    presences.say("ada", "away");
    presences.say("bob", "busy");
    expect(presences.statusOf("ada")).toBe("offline");
    presences.came(["ada"]);
    clock.turn(GRACE_MS);
    presences.came(["bob"]);
    expect([presences.statusOf("ada"), presences.statusOf("bob")]).toEqual(["away", "online"]);
    expect(told).toEqual([[{ userId: "ada", status: "away" }], [{ userId: "bob", status: "online" }]]);
  });
});
