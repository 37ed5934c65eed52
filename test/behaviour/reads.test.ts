import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { MessageStore } from "../../stores/message-store.ts";
import { temporaryStores } from "../contract/temporary-stores.ts";
import { directRoom, groupRoom, viewerOf } from "./reading-room.ts";
import { countingReads, ReadingWorld } from "./reading-world.ts";

const open = temporaryStores();
const ann = viewerOf("ann");
const bob = viewerOf("bob");
const eve = viewerOf("eve");
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
const group = (...users: string[]) => groupRoom(store.log, world.clock, "g1", users);
const cursor = { deliveredSteps: [], readSteps: [] };

describe("a conversation as one user sees it", () => {
  test("names the peer of a direct conversation, and has nothing before the first message", async () => {
    await direct();
    expect(await world.reading.viewOf("d1", "ann")).toEqual({
      id: "d1",
      type: "direct",
      epoch: 1,
      peer: { id: "bob", username: "bob", displayName: "BOB" },
      lastSeq: 0,
      lastN: 0,
      firstSeq: 1,
      lastMessageAt: "2026-01-01T00:00:00.000Z",
      unread: 0,
      unreadMentions: 0,
      readN: 0,
      deliveredSeq: 0,
      readSeq: 0,
      others: { deliveredSeq: 0, readSeq: 0 },
      muted: false,
      pinned: false,
      archived: false,
    });
  });

  test("says that a peer has read only if that peer lets others know", async () => {
    const room = await direct();
    await room.say("ann", "hi");
    store.participation.advanceUsers([{ conversationId: "d1", userId: "bob", deliveredSeq: 1, readSeq: 1, readN: 1, ...cursor }]);
    const others = async () => (await world.reading.viewOf("d1", "ann")).others;
    expect(await others()).toEqual({ deliveredSeq: 1, readSeq: 1 });
    world.discreet.add("bob");
    expect(await others()).toEqual({ deliveredSeq: 1, readSeq: 0 });
  });

  test("has its peer as last heard of while users cannot be looked up, or none", async () => {
    await direct();
    await directRoom(store.log, world.clock, "d2", ["ann", "cid"]);
    const named = await world.reading.viewOf("d1", "ann");
    world.usersAnswer = false;
    expect(await world.reading.viewOf("d1", "ann")).toEqual(named);
    const { items } = await world.ask("list", { viewer: ann, limit: 9 });
    expect(items.map(({ id, peer }) => [id, peer?.id])).toEqual([
      ["d2", undefined],
      ["d1", "bob"],
    ]);
  });

  test("tells of a group what its members share, and the viewer's role", async () => {
    const room = await group("ann", "bob", "cid");
    await room.add("ann", { kind: "update", changes: { description: "about", isPrivate: true } });
    await room.add("ann", { kind: "member", op: "remove", userIds: ["cid"] });
    const { group: shared, name } = await world.ask("get", { conversationId: "g1", viewer: bob });
    expect(name).toBe("Group g1");
    expect(shared).toEqual({
      id: "g1",
      conversationId: "g1",
      name: "Group g1",
      description: "about",
      ownerId: "ann",
      isPrivate: true,
      maxMembers: 10_000,
      memberCount: 2,
      myRole: "member",
    });
  });

  test("counts as unread the messages after readSeq, not what else is in the log", async () => {
    const room = await group("ann", "bob");
    for (const content of ["one", "two", "three"]) await room.say("ann", content);
    await room.add("ann", { kind: "reaction", target: room.idAt(2), emoji: "+", op: "add" });
    store.participation.advanceUsers([{ ...cursor, conversationId: "g1", userId: "bob", deliveredSeq: 4, readSeq: 2, readN: 1 }]);
    const view = await world.reading.viewOf("g1", "bob");
    expect(view).toMatchObject({ lastSeq: 5, lastN: 3, readSeq: 2, readN: 1, deliveredSeq: 4, unread: 2, unreadMentions: 0 });
  });

  test("does not count what the viewer deleted for itself", async () => {
    const room = await direct();
    for (const content of ["one", "two", "three"]) await room.say("bob", content, { mentions: ["ann"] });
    await store.participation.hide("ann", { conversationId: "d1", seq: 2 });
    expect(await world.reading.viewOf("d1", "ann")).toMatchObject({ unread: 2, unreadMentions: 2 });
  });

  test("counts unread mentions of the viewer and of all, not the viewer's own", async () => {
    const room = await group("ann", "bob", "cid");
    await room.say("ann", "you", { mentions: ["bob"] });
    await room.say("ann", "all", { mentions: "all" });
    await room.say("ann", "another", { mentions: ["cid"] });
    expect(await world.reading.viewOf("g1", "bob")).toMatchObject({ unread: 3, unreadMentions: 2 });
    expect(await world.reading.viewOf("g1", "cid")).toMatchObject({ unread: 3, unreadMentions: 2 });
  });

  test("of a member who came later counts from there", async () => {
    const room = await group("ann");
    await room.say("ann", "before");
    await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    await room.say("ann", "after");
    expect(await world.reading.viewOf("g1", "bob")).toMatchObject({
      firstSeq: 3,
      lastSeq: 4,
      lastN: 2,
      readSeq: 2,
      readN: 1,
      unread: 1,
    });
  });

  test("of a former member ends where it was left", async () => {
    const room = await group("ann", "bob");
    await room.say("ann", "seen");
    await room.add("bob", { kind: "member", op: "leave", userIds: ["bob"] });
    await room.say("ann", "not seen");
    const view = await world.reading.viewOf("g1", "bob");
    expect(view).toMatchObject({ firstSeq: 1, lastSeq: 3, leftSeq: 3, lastN: 1, unread: 1, lastMessage: { content: "seen" } });
  });

  test("of who came back does not count what was written in between", async () => {
    const room = await group("ann", "bob");
    await room.say("ann", "one");
    await room.add("bob", { kind: "member", op: "leave", userIds: ["bob"] });
    for (const content of ["unseen", "unseen too"]) await room.say("ann", content);
    await room.add("ann", { kind: "member", op: "add", userIds: ["bob"] });
    await room.say("ann", "two");
    const view = await world.reading.viewOf("g1", "bob");
    expect(view).toMatchObject({ firstSeq: 1, lastSeq: 7, lastN: 4, unread: 2 });
    expect(view.leftSeq).toBeUndefined();
  });

  test("shows the last message as it is now: edited, emptied when deleted, never one the viewer may not see", async () => {
    const room = await direct();
    await room.say("bob", "one");
    await room.say("bob", "two");
    await room.add("bob", { kind: "edit", target: room.idAt(2), content: "two, better" });
    expect((await world.reading.viewOf("d1", "ann")).lastMessage).toMatchObject({ seq: 2, content: "two, better" });
    await room.add("bob", { kind: "delete", target: room.idAt(2) });
    expect((await world.reading.viewOf("d1", "ann")).lastMessage).toMatchObject({
      seq: 2,
      content: "",
      deletedAt: expect.any(String),
    });
    await room.say("bob", "hidden from ann", {}, ["ann"]);
    await store.participation.hide("ann", { conversationId: "d1", seq: 2 });
    expect((await world.reading.viewOf("d1", "ann")).lastMessage).toMatchObject({ seq: 1, content: "one" });
  });

  test("tells the lowest of the other members' cursors", async () => {
    await group("ann", "bob", "cid");
    const at = (userId: string, deliveredSeq: number, readSeq: number) => ({
      ...cursor,
      conversationId: "g1",
      userId,
      deliveredSeq,
      readSeq,
      readN: 0,
    });
    store.participation.advanceUsers([at("bob", 1, 0), at("cid", 1, 1)]);
    expect((await world.reading.viewOf("g1", "ann")).others).toEqual({ deliveredSeq: 1, readSeq: 0 });
  });

  test("tells who has left nothing of what the others read since", async () => {
    const room = await group("ann", "bob");
    await room.add("bob", { kind: "member", op: "leave", userIds: ["bob"] });
    await room.say("ann", "alone");
    const far = { ...cursor, conversationId: "g1", userId: "ann", deliveredSeq: 3, readSeq: 3, readN: 1 };
    store.participation.advanceUsers([far]);
    expect((await world.reading.viewOf("g1", "bob")).others).toEqual({ deliveredSeq: 2, readSeq: 2 });
  });

  test("is NOT_FOUND for who never was a member, as is one that is not there", async () => {
    await direct();
    expect(await world.refusal("get", { conversationId: "d1", viewer: eve })).toBe("NOT_FOUND");
    expect(await world.refusal("get", { conversationId: "nowhere", viewer: ann })).toBe("NOT_FOUND");
  });
});

describe("the list of conversations", () => {
  const fillList = async (count: number) => {
    for (let i = 0; i < count; i++) {
      world.clock.turn(1000);
      const room = await groupRoom(store.log, world.clock, `g${i}`, ["ann"]);
      await room.say("ann", `in ${i}`);
    }
  };
  const readAll = async (limit: number) => {
    const pages: string[][] = [];
    let next: string | undefined;
    do {
      const { items, nextCursor } = await world.ask("list", { viewer: ann, limit, cursor: next });
      pages.push(items.map(({ id }) => id));
      next = nextCursor;
    } while (next);
    return pages;
  };

  test("is newest first, in pages", async () => {
    await fillList(5);
    expect(await readAll(2)).toEqual([["g4", "g3"], ["g2", "g1"], ["g0"]]);
  });

  test("shows each once although all of them came at the same time", async () => {
    for (let i = 0; i < 7; i++) await groupRoom(store.log, world.clock, `g${i}`, ["ann"]);
    expect((await readAll(2)).flat().sort()).toEqual(["g0", "g1", "g2", "g3", "g4", "g5", "g6"]);
  });

  test("keeps a former member's conversation where it was left", async () => {
    const room = await groupRoom(store.log, world.clock, "left", ["bob", "ann"]);
    await room.add("ann", { kind: "member", op: "leave", userIds: ["ann"] });
    await fillList(2);
    world.clock.turn(1000);
    await room.say("bob", "later");
    expect(await readAll(10)).toEqual([["g1", "g0", "left"]]);
  });

  test("refuses a cursor that is none", async () => {
    expect(await world.refusal("list", { viewer: ann, limit: 2, cursor: "nonsense" })).toBe("VALIDATION");
  });

  test("of a thousand conversations asks the store for one page of them only", async () => {
    await fillList(1000);
    const counted = countingReads(store);
    const { items } = await new ReadingWorld(counted.store).ask("list", { viewer: ann, limit: 20 });
    expect(items).toHaveLength(20);
    expect(counted.reads()).toBeLessThan(100);
  });
});

describe("settings of a conversation", () => {
  test("are kept, told to the user's other sessions, and come with the next sync", async () => {
    await direct();
    await world.ask("enrolDevice", { userId: "ann", deviceId: "ann-tablet" });
    const viewer = { ...ann, sessionId: "s1" };
    const patched = await world.ask("patch", { conversationId: "d1", viewer, patch: { muted: true, draft: "so far" } });
    expect(patched).toMatchObject({ muted: true, pinned: false, archived: false, draft: "so far" });
    expect(world.published).toEqual([
      { type: "signal", event: "conversation", data: patched, recipients: ["ann"], exceptSession: "s1" },
    ]);
    const { conversations } = await world.ask("sync", { viewer: viewerOf("ann", "ann-tablet"), request: { limit: 10 } });
    expect(conversations).toEqual([patched]);
  });

  test("that change nothing are told to nobody", async () => {
    await direct();
    const patch = { pinned: true };
    await world.ask("patch", { conversationId: "d1", viewer: ann, patch });
    const again = await world.ask("patch", { conversationId: "d1", viewer: ann, patch });
    expect(again.pinned).toBe(true);
    expect(world.published).toHaveLength(1);
  });

  test("are one's own", async () => {
    await direct();
    await world.ask("patch", { conversationId: "d1", viewer: ann, patch: { archived: true } });
    expect((await world.reading.viewOf("d1", "bob")).archived).toBe(false);
    expect(await world.refusal("patch", { conversationId: "d1", viewer: eve, patch: { muted: true } })).toBe("NOT_FOUND");
  });
});

describe("for the engine's own services", () => {
  test("heads are where each conversation ends for the user", async () => {
    const room = await group("ann", "bob");
    await direct();
    await room.add("bob", { kind: "member", op: "leave", userIds: ["bob"] });
    await room.say("ann", "after");
    expect(await world.ask("heads", { userId: "bob" })).toEqual({ g1: 2, d1: 0 });
    expect(await world.ask("heads", { userId: "ann" })).toEqual({ g1: 3, d1: 0 });
  });

  test("a message is located by its id", async () => {
    const room = await direct();
    const seq = await room.say("ann", "here");
    expect(await world.ask("locate", { messageId: room.idAt(seq) })).toEqual({ conversationId: "d1", seq });
    expect(await world.refusal("locate", { messageId: "nowhere" })).toBe("NOT_FOUND");
  });

  test("a jump is filled with entries as logged, and for whom they are hidden", async () => {
    const room = await direct();
    await room.say("ann", "one");
    await room.say("ann", "two", {}, ["bob"]);
    await room.say("ann", "three");
    const { items } = await world.ask("fill", { conversationId: "d1", after: 1, through: 2 });
    expect(items).toMatchObject([{ entry: { seq: 2, content: "two" }, hiddenFor: ["bob"] }]);
  });
});
