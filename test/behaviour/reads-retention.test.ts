import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { MessageStore } from "../../stores/message-store.ts";
import { temporaryStores } from "../contract/temporary-stores.ts";
import { groupRoom, type Room, viewerOf } from "./reading-room.ts";
import { ReadingWorld } from "./reading-world.ts";

const DAY = 86_400_000;
const open = temporaryStores();
const ann = viewerOf("ann");
const bob = viewerOf("bob");
let store: MessageStore;
let world: ReadingWorld;
let room: Room;

const begin = async (env: Record<string, string>) => {
  world = new ReadingWorld(store, { UNDELIVERED_DAYS: "1", ...env });
  room = await groupRoom(store.log, world.clock, "g1", ["ann", "bob"]);
  await room.say("ann", "old", { mentions: ["bob"] });
  await room.add("ann", { kind: "edit", target: room.idAt(2), content: "old, edited" });
};

/** Lets every sweeper run once. */
const sweep = () => {
  world.reading.start();
  world.clock.turn(600_000);
};

beforeEach(async () => {
  store = await open();
});
afterEach(async () => {
  world.reading.stop();
  await store.participation.close();
  await store.log.close();
});

const stored = () => store.log.entries("g1", { after: 0, limit: 100 });

/** Gives a sweep that is under way the time to end. */
const idle = async () => {
  for (let i = 0; i < 10; i++) await store.log.ping();
};

/** Sweeps as often as it takes, for a sweep that is due while the one before is under way is left out. */
const sweptUntil = async (isSo: () => Promise<boolean>) => {
  for (let sweeps = 0; sweeps < 200; sweeps++) {
    sweep();
    await idle();
    if (await isSo()) return;
  }
  throw new Error("it never came to be");
};
const left = (count: number) => sweptUntil(async () => (await stored()).length === count);

describe("retention", () => {
  test("is off unless it is set", async () => {
    await begin({});
    world.clock.turn(400 * DAY);
    sweep();
    await idle();
    expect(await stored()).toHaveLength(3);
  });

  test("removes what is too old from the beginning of the log, and shows it as a hidden run", async () => {
    await begin({ RETENTION_DAYS: "7" });
    world.clock.turn(5 * DAY);
    await room.say("ann", "young", { mentions: ["bob"] });
    world.clock.turn(3 * DAY);
    await left(1);
    const { items, lastSeq } = await world.ask("entries", { conversationId: "g1", viewer: bob, after: 0, limit: 10 });
    expect(items).toMatchObject([
      { kind: "hidden", seq: 1, through: 3 },
      { seq: 4, content: "young" },
    ]);
    expect(lastSeq).toBe(4);
    const page = await world.ask("history", { conversationId: "g1", viewer: bob, limit: 10 });
    expect(page).toMatchObject({ items: [{ seq: 4 }], hasMoreBefore: false, hasMoreAfter: false, asOf: 4 });
    const view = await world.reading.viewOf("g1", "bob");
    expect(view).toMatchObject({ firstSeq: 1, lastSeq: 4, lastN: 2, unread: 1, unreadMentions: 1, lastMessage: { seq: 4 } });
  });

  test("leaves what a member or a device has not got yet, until that is too old as well", async () => {
    await begin({ RETENTION_DAYS: "7", UNDELIVERED_DAYS: "30" });
    const { participation } = store;
    const delivered = (userId: string, seq: number) =>
      participation.advanceUsers([
        { conversationId: "g1", userId, deliveredSeq: seq, readSeq: 0, readN: 0, deliveredSteps: [], readSteps: [] },
      ]);
    delivered("ann", 3);
    delivered("bob", 1);
    world.clock.turn(8 * DAY);
    await left(2);
    participation.advanceDevices([{ deviceId: "bob-phone", conversationId: "g1", seq: 2 }]);
    delivered("bob", 3);
    await left(1);
    world.clock.sleep(30 * DAY);
    await left(0);
    const { items } = await world.ask("entries", { conversationId: "g1", viewer: bob, after: 0, limit: 10 });
    expect(items).toMatchObject([{ kind: "hidden", seq: 1, through: 3 }]);
  });

  test("comes to every old log, however many before it must stay", async () => {
    await begin({ RETENTION_DAYS: "7", UNDELIVERED_DAYS: "30" });
    for (let i = 0; i < 101; i++) await groupRoom(store.log, world.clock, `away-${i}`, ["ann", "bob"]);
    world.clock.turn(1);
    const last = await groupRoom(store.log, world.clock, "last", ["ann"]);
    await last.say("ann", "old");
    store.participation.advanceUsers([
      { conversationId: "last", userId: "ann", deliveredSeq: 2, readSeq: 2, readN: 1, deliveredSteps: [], readSteps: [] },
    ]);
    world.clock.turn(8 * DAY);
    await sweptUntil(async () => (await store.log.entries("last", { after: 0, limit: 9 })).length === 0);
    expect(await stored()).toHaveLength(3);
  });

  test("of a whole log leaves its numbering, members and settings", async () => {
    await begin({ RETENTION_DAYS: "7" });
    world.clock.turn(8 * DAY);
    await left(0);
    const view = await world.reading.viewOf("g1", "bob");
    expect(view).toMatchObject({ lastSeq: 3, lastN: 1, unread: 0, group: { name: "Group g1", memberCount: 2 } });
    expect(view).not.toHaveProperty("lastMessage");
    expect(await room.say("ann", "goes on")).toBe(4);
    expect((await world.ask("sync", { viewer: bob, request: { limit: 10 } })).entries).toMatchObject([
      { kind: "hidden", seq: 1, through: 3 },
      { seq: 4, content: "goes on" },
    ]);
  });

  test("goes on when a record that knows nothing of it is written over it", async () => {
    await begin({ RETENTION_DAYS: "7" });
    world.clock.turn(8 * DAY);
    await left(0);
    await room.add("ann", { kind: "update", changes: { name: "renamed" } });
    expect(await world.reading.viewOf("g1", "ann")).toMatchObject({ name: "renamed", lastSeq: 4 });
    const { items } = await world.ask("entries", { conversationId: "g1", viewer: ann, after: 0, limit: 10 });
    expect(items).toMatchObject([
      { kind: "hidden", seq: 1, through: 3 },
      { seq: 4, kind: "update" },
    ]);
    expect((await store.log.load("g1"))?.record.floorSeq).toBe(3);
  });
});

describe("expiry", () => {
  test("empties a message and its edits in the store for good, adding no entry", async () => {
    await begin({});
    await room.say("ann", "burns", { expiresAt: "2026-01-01T00:00:10.000Z" });
    await room.add("ann", { kind: "edit", target: room.idAt(4), content: "burns too" });
    world.clock.turn(10_000);
    await sweptUntil(async () =>
      (await stored()).every(({ entry }) => !("content" in entry && entry.content.startsWith("burns"))),
    );
    expect((await stored()).slice(3)).toMatchObject([
      { entry: { seq: 4, content: "", deletedAt: "2026-01-01T00:00:10.000Z" } },
      { entry: { seq: 5, kind: "edit", content: "" } },
    ]);
    expect(await stored()).toHaveLength(5);
  });
});
