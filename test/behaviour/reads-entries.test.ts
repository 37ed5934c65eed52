import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Entry } from "../../contracts/entry.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { temporaryStores } from "../contract/temporary-stores.ts";
import { directRoom, groupRoom, viewerOf } from "./reading-room.ts";
import { ReadingWorld } from "./reading-world.ts";

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
const read = (after: number, limit = 50, viewer = ann) => world.ask("entries", { conversationId: "d1", viewer, after, limit });
const places = (items: Entry[]) => items.map((item) => (item.kind === "hidden" ? [item.seq, item.through] : item.seq));

describe("raw entries", () => {
  test("come as they were logged, ascending from after + 1, edits beside what they changed", async () => {
    const room = await direct();
    await room.say("bob", "one");
    await room.add("bob", { kind: "edit", target: room.idAt(1), content: "better" });
    await room.say("ann", "two");
    expect(await read(0)).toMatchObject({
      items: [
        { seq: 1, kind: "message", content: "one" },
        { seq: 2, kind: "edit", content: "better" },
        { seq: 3, kind: "message", content: "two" },
      ],
      lastSeq: 3,
      epoch: 1,
    });
    expect(places((await read(1, 1)).items)).toEqual([2]);
  });

  test("above the end are none", async () => {
    const room = await direct();
    await room.say("bob", "one");
    expect(await read(1)).toEqual({ items: [], lastSeq: 1, epoch: 1 });
    expect(await read(1000)).toEqual({ items: [], lastSeq: 1, epoch: 1 });
  });

  test("of another epoch are GONE", async () => {
    await direct();
    expect(await world.refusal("entries", { conversationId: "d1", viewer: ann, after: 0, limit: 1, epoch: 2 })).toBe("GONE");
  });

  test("of a never member are NOT_FOUND", async () => {
    await direct();
    expect(await world.refusal("entries", { conversationId: "d1", viewer: viewerOf("eve"), after: 0, limit: 1 })).toBe(
      "NOT_FOUND",
    );
  });

  test("show what the viewer may not see as hidden runs, each counting as one item", async () => {
    const room = await groupRoom(store.log, world.clock, "d1", ["ann"]);
    await room.say("ann", "before");
    await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    await room.say("ann", "seen");
    await room.add("ann", { kind: "member", op: "remove", userIds: ["bob"] });
    await room.fill("ann", 3000);
    await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    await room.say("ann", "hidden for bob", {}, ["bob"]);
    await store.participation.hide("bob", { conversationId: "d1", seq: room.lastSeq + 1 });
    await room.say("ann", "deleted by bob");
    await room.say("ann", "last");
    expect(places((await read(0, 50, bob)).items)).toEqual([[1, 2], 3, 4, 5, [6, 3005], 3006, [3007, 3008], 3009]);
    expect(places((await read(1, 5, bob)).items)).toEqual([[2, 2], 3, 4, 5, [6, 3005]]);
    expect(places((await read(100, 2, bob)).items)).toEqual([[101, 3005], 3006]);
  });

  test("end for a former member with its own leaving", async () => {
    const room = await groupRoom(store.log, world.clock, "d1", ["ann", "bob"]);
    await room.add("bob", { kind: "member", op: "leave", userIds: ["bob"] });
    await room.say("ann", "after");
    expect(await read(0, 50, bob)).toMatchObject({ items: [{ seq: 1 }, { seq: 2, op: "leave" }], lastSeq: 2 });
    expect((await read(2, 50, bob)).items).toEqual([]);
  });

  test("of expired messages and of their edits are empty, though they are not swept", async () => {
    const room = await direct();
    await room.say("bob", "burns", { expiresAt: "2026-01-01T00:00:10.000Z" });
    await room.add("bob", { kind: "edit", target: room.idAt(1), content: "burns too", mentions: ["ann"] });
    await room.say("bob", "stays");
    await room.add("bob", { kind: "edit", target: room.idAt(3), content: "stays too" });
    world.clock.turn(10_000);
    const contents = (items: Entry[]) => items.map((item) => "content" in item && item.content);
    expect(contents((await read(0)).items)).toEqual(["", "", "stays", "stays too"]);
    const [edit] = (await read(1)).items;
    expect(edit).not.toHaveProperty("mentions");
  });

  test("read in pages of any size are what was read at once", async () => {
    const room = await groupRoom(store.log, world.clock, "d1", ["ann", "bob"]);
    for (let i = 0; i < 30; i++) {
      await room.say("ann", `${i}`, {}, i % 3 === 0 ? ["bob"] : undefined);
      if (i % 10 === 4) await room.add("ann", { kind: "member", op: "remove", userIds: ["bob"] });
      if (i % 10 === 6) await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    }
    const covered = (items: Entry[]) =>
      items.flatMap((item) =>
        item.kind === "hidden"
          ? Array.from({ length: item.through - item.seq + 1 }, (_, i) => [item.seq + i, "hidden"])
          : [[item.seq, item.kind]],
      );
    const whole = covered((await read(0, 1000, bob)).items);
    expect(whole).toHaveLength(room.lastSeq);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (limit) => {
        const pages: Entry[] = [];
        for (let after = 0; after < room.lastSeq; ) {
          const { items } = await read(after, limit, bob);
          expect(items.length).toBeLessThanOrEqual(limit);
          const last = items.at(-1);
          after = last?.kind === "hidden" ? last.through : (last?.seq ?? Number.POSITIVE_INFINITY);
          pages.push(...items);
        }
        expect(covered(pages)).toEqual(whole);
      }),
      { numRuns: 12 },
    );
  });
});
