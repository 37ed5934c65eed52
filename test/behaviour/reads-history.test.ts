import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { MessageStore } from "../../stores/message-store.ts";
import { temporaryStores } from "../contract/temporary-stores.ts";
import { directRoom, groupRoom, type Room, viewerOf } from "./reading-room.ts";
import { countingReads, ReadingWorld } from "./reading-world.ts";

const open = temporaryStores();
const ann = viewerOf("ann");
const bob = viewerOf("bob");
let store: MessageStore;
let world: ReadingWorld;

beforeEach(async () => {
  store = await open();
  world = new ReadingWorld(store);
});
afterEach(async () => {
  await store.participation.close();
  await store.log.close();
});

const direct = () => directRoom(store.log, world.clock, "d1", ["ann", "bob"]);
const page = (
  request: { before?: number; after?: number; around?: number; limit?: number } = {},
  viewer = ann,
  conversationId = "d1",
) => world.ask("history", { conversationId, viewer, limit: 3, ...request });
const outline = async (...asked: Parameters<typeof page>) => {
  const { items, hasMoreBefore, hasMoreAfter } = await page(...asked);
  return [hasMoreBefore, items.map(({ seq }) => seq), hasMoreAfter];
};
const fill = async (room: Room, count: number) => {
  for (let i = 1; i <= count; i++) await room.say("bob", `m${i}`);
};

describe("history", () => {
  test("pages both ways and around, and knows its edges", async () => {
    await fill(await direct(), 7);
    expect(await outline()).toEqual([true, [5, 6, 7], false]);
    expect(await outline({ before: 5 })).toEqual([true, [2, 3, 4], true]);
    expect(await outline({ before: 2 })).toEqual([false, [1], true]);
    expect(await outline({ before: 1 })).toEqual([false, [], true]);
    expect(await outline({ after: 0 })).toEqual([false, [1, 2, 3], true]);
    expect(await outline({ after: 4 })).toEqual([true, [5, 6, 7], false]);
    expect(await outline({ after: 7 })).toEqual([true, [], false]);
    expect(await outline({ around: 4 })).toEqual([true, [3, 4, 5], true]);
    expect(await outline({ around: 1 })).toEqual([false, [1, 2, 3], true]);
    expect(await outline({ around: 7 })).toEqual([true, [5, 6, 7], false]);
    expect(await outline({ around: 100 })).toEqual([true, [5, 6, 7], false]);
    expect(await outline({ around: 4, limit: 1 })).toEqual([true, [4], true]);
    expect(await outline({ around: 4, limit: 200 })).toEqual([false, [1, 2, 3, 4, 5, 6, 7], false]);
  });

  test("of nothing is empty", async () => {
    await direct();
    expect(await page()).toEqual({ items: [], hasMoreBefore: false, hasMoreAfter: false, asOf: 0 });
  });

  test("has messages only, though other entries lie between, and says up to which entry it holds", async () => {
    const room = await groupRoom(store.log, world.clock, "d1", ["ann", "bob"]);
    await fill(room, 2);
    for (const emoji of ["a", "b", "c", "d"]) await room.add("ann", { kind: "reaction", target: room.idAt(2), emoji, op: "add" });
    await fill(room, 1);
    expect(await outline()).toEqual([false, [2, 3, 8], false]);
    expect((await page()).asOf).toBe(8);
  });

  test("shows messages as they are now", async () => {
    const room = await direct();
    await room.say("bob", "one", { mentions: ["ann"], metadata: { kept: true } });
    await room.say("bob", "two", { attachments: [{ fileId: "f", name: "n", mimeType: "text/plain", size: 1 }] });
    await room.say("bob", "three");
    world.clock.turn(60_000);
    await room.add("bob", { kind: "edit", target: room.idAt(1), content: "one, better" });
    await room.add("ann", { kind: "reaction", target: room.idAt(1), emoji: "+", op: "add" });
    await room.add("bob", { kind: "reaction", target: room.idAt(1), emoji: "+", op: "add" });
    await room.add("bob", { kind: "reaction", target: room.idAt(1), emoji: "-", op: "add" });
    await room.add("bob", { kind: "reaction", target: room.idAt(1), emoji: "-", op: "remove" });
    await room.add("bob", { kind: "pin", target: room.idAt(3), op: "add" });
    await room.add("bob", { kind: "delete", target: room.idAt(2) });
    const { items, asOf } = await page();
    const common = {
      conversationId: "d1",
      kind: "message",
      senderId: "bob",
      type: "text",
      createdAt: "2026-01-01T00:00:00.000Z",
    };
    const later = "2026-01-01T00:01:00.000Z";
    expect(asOf).toBe(10);
    expect(items).toEqual([
      {
        ...common,
        id: "d1-1",
        seq: 1,
        n: 1,
        content: "one, better",
        mentions: ["ann"],
        metadata: { kept: true },
        editedAt: later,
        reactions: { "+": { count: 2, me: true } },
      },
      { ...common, id: "d1-2", seq: 2, n: 2, content: "", deletedAt: later, reactions: {} },
      { ...common, id: "d1-3", seq: 3, n: 3, content: "three", pinned: true, reactions: {} },
    ]);
    expect((await page({}, viewerOf("bob"))).items[0]?.reactions).toEqual({ "+": { count: 2, me: true } });
  });

  test("leaves out what the viewer deleted for itself or may not see, also at its edges", async () => {
    const room = await direct();
    await fill(room, 3);
    await room.say("bob", "blocked", {}, ["ann"]);
    await fill(room, 2);
    for (const seq of [1, 6]) await store.participation.hide("ann", { conversationId: "d1", seq });
    expect(await outline({ limit: 2 })).toEqual([true, [3, 5], false]);
    expect(await outline({ limit: 3 })).toEqual([false, [2, 3, 5], false]);
    expect(await outline({ after: 3, limit: 1 })).toEqual([true, [5], false]);
    expect(await outline({ limit: 10 }, bob)).toEqual([false, [1, 2, 3, 4, 5, 6], false]);
  });

  test("finds what is left although a long run of newer messages is hidden", async () => {
    const room = await direct();
    await fill(room, 60);
    for (let seq = 2; seq <= 60; seq++) await store.participation.hide("ann", { conversationId: "d1", seq });
    expect(await outline({ limit: 1 })).toEqual([false, [1], false]);
  });

  test("begins for a later member where that member came, and ends for a former one where it left", async () => {
    const room = await groupRoom(store.log, world.clock, "d1", ["ann"]);
    await fill(room, 2);
    await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    await fill(room, 2);
    await room.add("bob", { kind: "member", op: "leave", userIds: ["bob"] });
    await fill(room, 2);
    expect(await outline({ limit: 10 }, bob)).toEqual([false, [5, 6], false]);
    expect(await outline({ around: 2, limit: 10 }, bob)).toEqual([false, [5, 6], false]);
    expect(await outline({ after: 100 }, bob)).toEqual([true, [], false]);
    expect((await page({}, bob)).asOf).toBe(7);
  });

  test("shows no edit that was made when the viewer was not there", async () => {
    const room = await groupRoom(store.log, world.clock, "d1", ["ann", "bob"]);
    const seq = await room.say("ann", "first");
    const edit = (content: string) => room.add("ann", { kind: "edit", target: room.idAt(seq), content });
    await edit("second");
    await room.add("ann", { kind: "member", op: "remove", userIds: ["bob"] });
    await edit("behind bob's back");
    expect((await page({}, bob)).items).toMatchObject([{ content: "second" }]);
    await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    expect((await page({}, bob)).items).toMatchObject([{ content: "second" }]);
    await edit("to bob's face");
    expect((await page({}, bob)).items).toMatchObject([{ content: "to bob's face" }]);
    expect((await page({}, ann)).items).toMatchObject([{ content: "to bob's face" }]);
  });

  test("deletes for who has left, too", async () => {
    const room = await groupRoom(store.log, world.clock, "d1", ["ann", "bob"]);
    const seq = await room.say("ann", "a secret");
    await room.add("ann", { kind: "member", op: "remove", userIds: ["bob"] });
    await room.add("ann", { kind: "delete", target: room.idAt(seq) });
    expect((await page({}, bob)).items).toMatchObject([{ content: "", deletedAt: expect.any(String) }]);
  });

  test("never shows a change above asOf, however the log moves meanwhile", async () => {
    const room = await direct();
    await room.say("bob", "m");
    let changing = true;
    const changes = (async () => {
      for (let i = 0; changing; i++) await room.add("bob", { kind: "reaction", target: room.idAt(1), emoji: `${i}`, op: "add" });
    })();
    for (let i = 0; i < 200; i++) {
      const { items, asOf } = await page();
      expect(Object.keys(items[0]?.reactions ?? {})).toHaveLength(asOf - 1);
    }
    changing = false;
    await changes;
  });

  test("shows an expired message empty, though it is not swept", async () => {
    const room = await direct();
    await room.say("bob", "burns", { expiresAt: "2026-01-01T00:00:10.000Z", metadata: { also: "this" } });
    expect((await page()).items[0]).toMatchObject({ content: "burns", metadata: { also: "this" } });
    world.clock.turn(10_000);
    const { items } = await page();
    expect(items[0]).toMatchObject({ content: "", deletedAt: "2026-01-01T00:00:10.000Z" });
    expect(items[0]).not.toHaveProperty("metadata");
  });

  test("of a never member is NOT_FOUND", async () => {
    await direct();
    expect(await world.refusal("history", { conversationId: "d1", viewer: viewerOf("eve"), limit: 3 })).toBe("NOT_FOUND");
  });

  test("reads a page from the middle of a long log without reading the log", async () => {
    const room = await direct();
    await room.fill("bob", 100_000);
    const counted = countingReads(store);
    const began = performance.now();
    await store.log.entries("d1", { after: 0, limit: 100_000 });
    const read = performance.now();
    const { items } = await new ReadingWorld(counted.store).ask("history", {
      conversationId: "d1",
      viewer: ann,
      around: 50_000,
      limit: 50,
    });
    expect(performance.now() - read).toBeLessThan((read - began) / 4);
    expect(items.map(({ content }) => content)).toEqual(Array.from({ length: 50 }, (_, i) => `${49_975 + i}`));
    expect(counted.reads()).toBeLessThan(10);
  });
});
