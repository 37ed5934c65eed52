import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "../../contracts/limits.ts";
import type { SyncAnswer, SyncRequest } from "../../contracts/socket-events.ts";
import { encodeSyncCursor } from "../../domain/conversation/sync-cursor.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { changesKept } from "../../stores/participation.ts";
import { temporaryStores } from "../contract/temporary-stores.ts";
import { directRoom, groupRoom, viewerOf } from "./reading-room.ts";
import { countingReads, ReadingWorld } from "./reading-world.ts";

const open = temporaryStores();
const bob = viewerOf("bob");
let store: MessageStore;
let world: ReadingWorld;

beforeEach(async () => {
  store = await open();
  world = new ReadingWorld(store);
  await world.ask("enrolDevice", { userId: "bob", deviceId: "bob-phone" });
});
afterEach(async () => {
  await store.participation.close();
  await store.log.close();
});

const direct = (id = "d1") => directRoom(store.log, world.clock, id, ["ann", "bob"]);
const group = (id = "g1", ...others: string[]) => groupRoom(store.log, world.clock, id, ["ann", "bob", ...others]);
const sync = (request: Partial<SyncRequest> = {}, viewer = bob) =>
  world.ask("sync", { viewer, request: { limit: 500, ...request } });
const refusal = (request: Partial<SyncRequest>) => world.refusal("sync", { viewer: bob, request: { limit: 500, ...request } });
const places = ({ entries }: SyncAnswer) =>
  entries.map((item) => [item.conversationId, item.seq, ...(item.kind === "hidden" ? [item.through] : [])]);
const ids = ({ conversations }: SyncAnswer) => conversations.map(({ id }) => id);
const nothing = { entries: [], conversations: [], changes: [], resets: [], more: false };

describe("sync from a device's record", () => {
  test("brings what came since the device logged in, one's own too, grouped, ascending", async () => {
    const room = await group();
    await room.say("ann", "before");
    await world.ask("enrolDevice", { userId: "bob", deviceId: "bob-tablet" });
    await room.say("ann", "after");
    await room.say("bob", "own");
    world.clock.turn(1000);
    const other = await direct();
    await other.say("ann", "hello");
    const answer = await sync({}, viewerOf("bob", "bob-tablet"));
    expect(places(answer)).toEqual([
      ["d1", 1],
      ["g1", 3],
      ["g1", 4],
    ]);
    expect(ids(answer)).toEqual(["d1", "g1"]);
    expect(answer).toMatchObject({ changes: [], resets: [], more: false });
  });

  test("acknowledges nothing by itself, and what came before a cursor when that is passed back", async () => {
    const room = await direct();
    await room.say("ann", "one");
    await room.say("ann", "two");
    const first = await sync({ limit: 1 });
    expect([places(first), first.more]).toEqual([[["d1", 1]], true]);
    expect(await sync({ limit: 1 })).toEqual(first);
    const second = await sync({ limit: 1, cursor: first.cursor });
    expect([places(second), second.more]).toEqual([[["d1", 2]], false]);
    expect(world.acknowledged).toEqual([{ conversationId: "d1", viewer: bob, kind: "delivered", seq: 1 }]);
    const third = await sync({ cursor: second.cursor });
    expect(third).toEqual({ ...nothing, cursor: third.cursor });
    expect(await sync({ cursor: third.cursor })).toEqual(third);
    expect(await sync()).toEqual(third);
  });

  test("goes on after an acknowledgement that the conversation did not take", async () => {
    const room = await direct();
    await room.say("ann", "one");
    world.actorsAnswer = false;
    const { cursor } = await sync();
    expect(await sync({ cursor })).toMatchObject(nothing);
    expect(await sync()).toMatchObject(nothing);
  });

  test("never goes back for an old cursor", async () => {
    const room = await direct();
    await room.say("ann", "one");
    const old = await sync();
    await room.say("ann", "two");
    const young = await sync({ cursor: old.cursor });
    await sync({ cursor: young.cursor });
    expect(await sync({ cursor: old.cursor })).toMatchObject(nothing);
  });

  test("tells once of a conversation that is new and has nothing in it yet", async () => {
    await direct();
    const first = await sync();
    expect([ids(first), first.entries, first.more]).toEqual([["d1"], [], false]);
    expect(await sync({ cursor: first.cursor })).toMatchObject(nothing);
  });

  test("brings the leaving, and nothing after it", async () => {
    const room = await group();
    await room.add("bob", { kind: "member", op: "leave", userIds: ["bob"] });
    await room.say("ann", "after");
    const answer = await sync();
    expect(places(answer)).toEqual([
      ["g1", 1],
      ["g1", 2],
    ]);
    expect(answer.conversations).toMatchObject([{ id: "g1", leftSeq: 2, lastSeq: 2 }]);
    expect(await sync({ cursor: answer.cursor })).toMatchObject(nothing);
  });

  test("starts where the viewer's log starts, and has hidden runs for what the viewer may not see", async () => {
    const room = await groupRoom(store.log, world.clock, "g1", ["ann"]);
    await room.say("ann", "before");
    await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    await room.say("ann", "blocked", {}, ["bob"]);
    await room.say("ann", "seen");
    expect(places(await sync())).toEqual([
      ["g1", 3],
      ["g1", 4, 4],
      ["g1", 5],
    ]);
  });

  test("tells each change of the user once, and resets, until its cursor is passed back", async () => {
    const room = await group();
    const { cursor: start } = await sync();
    await room.say("ann", "to be hidden");
    await store.participation.record("bob", { op: "hidden", conversationId: "g1", id: room.idAt(2), seq: 2 });
    await store.participation.record("bob", { op: "reset", conversationId: "g1" });
    await store.participation.record("bob", { op: "conversation", conversationId: "g1" });
    const answer = await sync({ cursor: start });
    expect(answer.changes).toEqual([{ op: "hidden", conversationId: "g1", id: room.idAt(2), seq: 2 }]);
    expect(answer.resets).toEqual([{ conversationId: "g1", epoch: 1, firstSeq: 1, lastSeq: 2 }]);
    expect(ids(answer)).toEqual(["g1"]);
    expect(await sync()).toEqual(answer);
    expect(await sync({ cursor: answer.cursor })).toMatchObject(nothing);
  });

  test("brings the profile as it is now, once however often it changed, and later if it cannot be told now", async () => {
    await store.participation.record("bob", { op: "contact", userId: "ann" });
    for (let i = 0; i < 2; i++) await store.participation.record("bob", { op: "profile" });
    world.usersAnswer = false;
    const first = await sync();
    expect(first.changes).toEqual([{ op: "contact", userId: "ann" }]);
    world.usersAnswer = true;
    const second = await sync({ cursor: first.cursor });
    expect(second.changes).toEqual([{ op: "profile", user: expect.objectContaining({ id: "bob", displayName: "BOB" }) }]);
    expect(await sync({ cursor: second.cursor })).toMatchObject(nothing);
  });

  test("pages through more changes than fit into one page", async () => {
    for (let i = 0; i < 1200; i++) await store.participation.record("bob", { op: "contact", userId: `u${i}` });
    const told: string[] = [];
    let cursor: string | undefined;
    for (let more = true; more; ) {
      const answer = await sync({ cursor });
      told.push(...answer.changes.map((change) => (change.op === "contact" ? change.userId : "")));
      ({ cursor, more } = answer);
    }
    expect(told).toEqual(Array.from({ length: 1200 }, (_, i) => `u${i}`));
  });

  test("has a device that missed more changes than are kept read everything afresh, once", async () => {
    const room = await group();
    await store.participation.record("bob", { op: "hidden", conversationId: "g1", id: room.idAt(1), seq: 1 });
    const contact = { op: "contact", userId: "ann" } as const;
    await Promise.all(Array.from({ length: changesKept }, () => store.participation.record("bob", contact)));
    const answer = await sync();
    expect(ids(answer)).toEqual(["g1"]);
    expect(answer.resets).toEqual([{ conversationId: "g1", epoch: 1, firstSeq: 1, lastSeq: 1 }]);
    expect(await sync({ cursor: answer.cursor })).toMatchObject({ conversations: [], resets: [] });
  });

  test("resets a conversation that the client holds of another epoch", async () => {
    const room = await direct();
    await room.say("ann", "one");
    const answer = await sync({ epochs: { d1: 7 } });
    expect(answer).toMatchObject({ entries: [], resets: [{ conversationId: "d1", epoch: 1, firstSeq: 1, lastSeq: 1 }] });
    expect(await sync({ epochs: { d1: 1 } })).toMatchObject({ entries: [{ seq: 1 }], resets: [] });
  });

  test("refuses cursors that are none, lie above the end or are another user's", async () => {
    const room = await direct();
    await room.say("ann", "one");
    await groupRoom(store.log, world.clock, "g2", ["ann"]);
    const made = (positions: [string, number][], changes = 0) => encodeSyncCursor({ positions: new Map(positions), changes });
    expect(await refusal({ cursor: "nonsense" })).toBe("VALIDATION");
    expect(await refusal({ cursor: made([["d1", 2]]) })).toBe("VALIDATION");
    expect(await refusal({ cursor: made([["g2", 1]]) })).toBe("VALIDATION");
    expect(await refusal({ cursor: made([], 1) })).toBe("VALIDATION");
    expect(await refusal({ cursor: made([["d1", 1]]) })).toBe("no refusal");
  });

  test("moves a bounded number of conversations a page, and all of them by and by", async () => {
    const count = limits.syncConversations + 10;
    for (let i = 0; i < count; i++) await direct(`d${i}`);
    const first = await sync();
    expect([first.conversations.length, first.more]).toEqual([limits.syncConversations, true]);
    const second = await sync({ cursor: first.cursor });
    expect([second.conversations.length, second.more]).toEqual([10, false]);
    expect(new Set([...ids(first), ...ids(second)]).size).toBe(count);
  });

  test("of a user with a thousand quiet conversations asks the store a few times", async () => {
    for (let i = 0; i < 1000; i++) await direct(`d${i}`);
    await world.ask("enrolDevice", { userId: "bob", deviceId: "bob-tablet" });
    const counted = countingReads(store);
    const answer = await new ReadingWorld(counted.store).ask("sync", {
      viewer: viewerOf("bob", "bob-tablet"),
      request: { limit: 500 },
    });
    expect(answer).toMatchObject(nothing);
    expect(counted.reads()).toBeLessThan(10);
  });

  test("in pages of any size brings every entry of every conversation, once and contiguous", async () => {
    const rooms = [await group("g1"), await group("g2", "cid"), await direct("d1")];
    for (let i = 0; i < 90; i++) {
      world.clock.turn(1000);
      await rooms[(i * 7) % 3]?.say(i % 4 === 0 ? "bob" : "ann", `${i}`, {}, i % 5 === 0 ? ["bob"] : undefined);
    }
    let device = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (limit) => {
        const viewer = viewerOf("bob", `bob-${device++}`);
        const reached = new Map<string, number>();
        let cursor: string | undefined;
        for (let more = true; more; ) {
          const page = await sync({ limit, cursor }, viewer);
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          for (const item of page.entries) {
            expect(item.seq).toBe((reached.get(item.conversationId) ?? 0) + 1);
            reached.set(item.conversationId, item.kind === "hidden" ? item.through : item.seq);
          }
          ({ cursor, more } = page);
        }
        expect(Object.fromEntries(reached)).toEqual(Object.fromEntries(rooms.map(({ id, lastSeq }) => [id, lastSeq])));
      }),
      { numRuns: 15 },
    );
  });
});

describe("the backlog of a device that connects", () => {
  test("has the conversations that are new to it or have other settings, and all heads, but not what only moved", async () => {
    const [old, quiet] = [await direct("old"), await direct("quiet")];
    await old.say("ann", "one");
    await quiet.say("ann", "one");
    await world.ask("enrolDevice", { userId: "bob", deviceId: "bob-tablet" });
    await old.say("ann", "two");
    world.clock.turn(1000);
    await (await direct("new")).say("ann", "hello");
    await world.ask("patch", { viewer: bob, conversationId: "quiet", patch: { muted: true } });
    const answer = await world.ask("backlog", { viewer: viewerOf("bob", "bob-tablet"), limit: 1000 });
    expect(places(answer)).toEqual([
      ["new", 1],
      ["old", 2],
    ]);
    expect(ids(answer)).toEqual(["new", "quiet"]);
    expect(answer).toMatchObject({ heads: { old: 2, quiet: 1, new: 1 }, more: false });
    expect(world.acknowledged).toEqual([]);
  });

  test("says up to which change it goes, so that what changed after it can be asked for alone", async () => {
    const [room] = [await direct("loud"), await direct("quiet")];
    await room.say("ann", "one");
    const { changeSeq } = await world.ask("backlog", { viewer: bob, limit: 1000 });
    const since = () => world.ask("changes", { viewer: bob, after: changeSeq, since: world.clock.now() + 1 });
    expect(await since()).toEqual({ conversations: [], changes: [], resets: [], heads: {} });
    await world.ask("patch", { viewer: bob, conversationId: "loud", patch: { muted: true } });
    await store.participation.record("bob", { op: "hidden", conversationId: "loud", id: room.idAt(1), seq: 1 });
    expect(await since()).toMatchObject({
      conversations: [{ id: "loud", muted: true }],
      changes: [{ op: "hidden", id: room.idAt(1) }],
      resets: [],
    });
    expect(world.acknowledged).toEqual([]);
  });

  test("is followed by where those conversations end that moved after a time", async () => {
    const [quiet, loud] = [await direct("quiet"), await direct("loud")];
    await quiet.say("ann", "one");
    const { changeSeq } = await world.ask("backlog", { viewer: bob, limit: 1000 });
    world.clock.turn(1000);
    await loud.say("ann", "one");
    const since = (time: number) => world.ask("changes", { viewer: bob, after: changeSeq, since: time });
    expect((await since(world.clock.now())).heads).toEqual({ loud: 1 });
    expect((await since(world.clock.now() - 1000)).heads).toEqual({ loud: 1, quiet: 1 });
    expect((await since(world.clock.now() + 1)).heads).toEqual({});
  });

  test("moves as many conversations as it has room for entries", async () => {
    for (let i = 0; i <= limits.syncConversations; i++) await (await direct(`d${i}`)).say("ann", "hello");
    const answer = await world.ask("backlog", { viewer: bob, limit: 1000 });
    expect(answer.entries).toHaveLength(limits.syncConversations + 1);
    expect(answer.more).toBe(false);
  });
});

describe("sync from named positions", () => {
  test("brings those conversations alone, acknowledging nothing", async () => {
    const room = await group();
    await room.say("ann", "one");
    await direct();
    const answer = await sync({ cursors: { g1: 1 } });
    expect([places(answer), ids(answer), answer.more]).toEqual([[["g1", 2]], ["g1"], false]);
    expect(await sync({ cursors: { g1: 2 } })).toMatchObject(nothing);
    expect(world.acknowledged).toEqual([]);
    expect(places(await sync())).toEqual([
      ["g1", 1],
      ["g1", 2],
    ]);
  });

  test("shares its limit between them, and says that there is more", async () => {
    for (const id of ["g1", "g2"]) await (await group(id)).say("ann", "one");
    const answer = await sync({ cursors: { g1: 0, g2: 0 }, limit: 3 });
    expect([answer.entries.length, answer.more]).toEqual([3, true]);
  });

  test("refuses the ids of other people's conversations, and positions above the end", async () => {
    await group();
    await groupRoom(store.log, world.clock, "g2", ["ann"]);
    expect(await refusal({ cursors: { g2: 0 } })).toBe("NOT_FOUND");
    expect(await refusal({ cursors: { nowhere: 0 } })).toBe("NOT_FOUND");
    expect(await refusal({ cursors: { g1: 2 } })).toBe("VALIDATION");
  });

  test("resets what is of another epoch instead of reading it", async () => {
    await group();
    const answer = await sync({ cursors: { g1: 50 }, epochs: { g1: 2 } });
    expect(answer).toMatchObject({ entries: [], resets: [{ conversationId: "g1", epoch: 1, firstSeq: 1, lastSeq: 1 }] });
  });
});

describe("a device", () => {
  test("that is forgotten starts anew", async () => {
    const room = await direct();
    await room.say("ann", "one");
    const { cursor } = await sync();
    await sync({ cursor });
    await world.ask("forgetDevice", { userId: "bob", deviceId: "bob-phone" });
    expect(places(await sync())).toEqual([["d1", 1]]);
    await world.ask("enrolDevice", { userId: "bob", deviceId: "bob-phone" });
    expect(await sync()).toMatchObject(nothing);
  });

  test("that is enrolled again keeps its record", async () => {
    const room = await direct();
    await room.say("ann", "missed");
    await world.ask("enrolDevice", { userId: "bob", deviceId: "bob-phone" });
    expect(places(await sync())).toEqual([["d1", 1]]);
  });
});
