import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Entry } from "../../contracts/entry.ts";
import type { Backlog } from "../../contracts/services/offline.ts";
import { jsonBytes } from "../../domain/pacing/within-bytes.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { temporaryStores } from "../contract/temporary-stores.ts";
import { directRoom, type Room, viewerOf } from "./reading-room.ts";
import { ReadingWorld } from "./reading-world.ts";

/** A transporter takes a megabyte, and the answer is not alone in it. */
const MOST = 700_000;
/** The worst there is: as JSON every unit is six bytes. */
const LONG = "\u0001".repeat(16_384);

const open = temporaryStores();
const viewer = viewerOf("ann");
let store: MessageStore;
let world: ReadingWorld;
let room: Room;

beforeEach(async () => {
  store = await open();
  world = new ReadingWorld(store);
  room = await directRoom(store.log, world.clock, "d1", ["ann", "bob"]);
  for (let i = 0; i < 30; i++) await room.say("bob", LONG);
});
afterEach(async () => {
  await store.participation.close();
  await store.log.close();
});

const seqs = (items: { seq: number }[]) => items.map(({ seq }) => seq);
const all = Array.from({ length: 30 }, (_, i) => i + 1);

test("a thousand messages of an ordinary length come in one backlog", async () => {
  const other = await directRoom(store.log, world.clock, "0198f3a2-5c1e-7b6d-8a90-123456789abc", ["eve", "bob"]);
  for (let i = 0; i < 1000; i++) await other.say("bob", "x".repeat(160), { clientMsgId: `0198f3a2-5c1e-7b6d-8a90-${i + 1e11}` });
  const backlog = await world.ask("backlog", { viewer: viewerOf("eve"), limit: 1000 });
  expect([backlog.entries.length, backlog.more]).toEqual([1000, false]);
});

describe("what is too large for one message between nodes", () => {
  test("comes in several pages of raw entries", async () => {
    const read: Entry[] = [];
    while (read.length < 30) {
      const page = await world.ask("entries", { conversationId: "d1", viewer, after: read.length, limit: 200 });
      expect([jsonBytes(page) < MOST, page.items.length > 1]).toEqual([true, true]);
      read.push(...page.items);
    }
    expect(seqs(read)).toEqual(all);
  });

  test("comes in several pages of sync, which say that there is more", async () => {
    const read: Entry[] = [];
    let cursor: string | undefined;
    for (let more = true; more; ) {
      const page = await world.ask("sync", { viewer, request: { limit: 1000, cursor } });
      expect([jsonBytes(page) < MOST, page.entries.length > 0]).toEqual([true, true]);
      read.push(...page.entries);
      ({ cursor, more } = page);
    }
    expect(seqs(read)).toEqual(all);
  });

  test.each([
    [1000, 30, false],
    [20, 20, true],
  ])("comes in several parts of a backlog of at most %i", async (limit, expected, isMore) => {
    const read: Entry[] = [];
    for (let part: Backlog | undefined; !part || part.next; ) {
      part = await world.ask("backlog", { viewer, limit: limit - read.length, from: part?.next });
      expect([jsonBytes(part) < MOST, part.entries.length > 0]).toEqual([true, true]);
      read.push(...part.entries);
      if (!part.next) expect(part.more).toBe(isMore);
    }
    expect(seqs(read)).toEqual(all.slice(0, expected));
  });

  test("comes in several pages of history, upwards, downwards and around", async () => {
    const page = (where: object) => world.ask("history", { conversationId: "d1", viewer, limit: 30, ...where });
    const [newest, after, around] = [await page({}), await page({ after: 0 }), await page({ around: 15 })];
    for (const one of [newest, after, around]) expect(jsonBytes(one)).toBeLessThan(MOST);
    expect([newest.items.at(-1)?.seq, newest.hasMoreBefore, newest.hasMoreAfter]).toEqual([30, true, false]);
    expect([after.items[0]?.seq, after.hasMoreBefore, after.hasMoreAfter]).toEqual([1, false, true]);
    expect([around.hasMoreBefore, around.hasMoreAfter, seqs(around.items).includes(15)]).toEqual([true, true, true]);
    for (const { items } of [newest, after, around]) {
      const first = items[0]?.seq ?? 0;
      expect(seqs(items)).toEqual(items.map((_, i) => first + i));
    }
    const rest = await page({ before: newest.items[0]?.seq });
    expect(rest.items.at(-1)?.seq).toBe((newest.items[0]?.seq ?? 0) - 1);
  });

  test("fills the end of a gap", async () => {
    const { items } = await world.ask("fill", { conversationId: "d1", after: 0, through: 20 });
    expect(jsonBytes(items)).toBeLessThan(MOST);
    expect(seqs(items.map(({ entry }) => entry)).at(-1)).toBe(20);
    expect(items.length).toBeGreaterThan(1);
  });

  test("shortens a list of conversations, which goes on from there; sync leaves out what was last said", async () => {
    for (let i = 2; i <= 20; i++) {
      world.clock.turn(1000);
      const another = await directRoom(store.log, world.clock, `d${i}`, ["ann", `bob${i}`]);
      await another.say(`bob${i}`, LONG);
    }
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await world.ask("list", { viewer, limit: 200, cursor });
      expect(jsonBytes(page)).toBeLessThan(MOST);
      listed.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(listed.sort()).toEqual(Array.from({ length: 20 }, (_, i) => `d${i + 1}`).sort());
    const { conversations } = await world.ask("sync", { viewer, request: { limit: 1000 } });
    expect(jsonBytes(conversations)).toBeLessThan(MOST);
    expect([conversations[0]?.lastMessage === undefined, conversations.at(-1)?.lastMessage]).toEqual([false, undefined]);
  });
});
