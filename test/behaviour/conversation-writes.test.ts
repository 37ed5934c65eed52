import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { LoggedEntry } from "../../contracts/entry.ts";
import type { MembershipChange, MessageChange } from "../../contracts/services/conversations.ts";
import type { OutgoingMessage } from "../../contracts/socket-events.ts";
import { directConversationId } from "../../domain/conversation/direct-id.ts";
import { ManualClock } from "../manual-clock.ts";
import { ConversationNode, text, viewer } from "./conversation-node.ts";

const direct = directConversationId("ann", "bob");
const group = "the-group";
let clock: ManualClock;
let node: ConversationNode;
beforeEach(async () => {
  clock = new ManualClock();
  node = await ConversationNode.start({ clock });
});
afterEach(() => node.stop());

const send = (userId: string, message: OutgoingMessage, conversationId = group) =>
  node.writing.append({ conversationId, viewer: viewer(userId, `${userId}-socket`), message });
const sendTo = (userId: string, peerId: string, message: OutgoingMessage) =>
  node.writing.append({
    conversationId: directConversationId(userId, peerId),
    viewer: viewer(userId, `${userId}-socket`),
    message,
    peerId,
  });
const change = (userId: string, messageId: string, what: MessageChange, conversationId = group) =>
  node.writing.change({ conversationId, viewer: viewer(userId), messageId, change: what });
const member = (userId: string, what: MembershipChange) =>
  node.writing.membership({ conversationId: group, viewer: viewer(userId), change: what });
const makeGroup = (...memberIds: string[]) =>
  node.writing.createGroup({ conversationId: group, viewer: viewer("ann"), type: "group", settings: { name: "Us" }, memberIds });
const fails = (code: string, path?: string) => ({ code, ...(path && { data: { errors: [{ path }] } }) });
/** Everything that is to be told has been told. */
const told = () => node.writing.stop();

describe("a direct conversation", () => {
  test("begins with the first message to a user; both get the conversation before it", async () => {
    const entry = await sendTo("ann", "bob", text("hi"));
    expect(entry).toMatchObject({ conversationId: direct, seq: 1, n: 1, kind: "message", senderId: "ann", content: "hi" });
    await told();
    expect(node.around.published.map((item) => (item.type === "entry" ? "entry" : item.event))).toEqual([
      "conversation",
      "conversation",
      "entry",
    ]);
    expect(node.entries[0]).toMatchObject({ recipients: ["ann", "bob"], exceptSession: "ann-socket" });
  });

  test("is one, when both send first at the same time", async () => {
    const [a, b] = await Promise.all([sendTo("ann", "bob", text("a")), sendTo("bob", "ann", text("b"))]);
    expect([a, b].map((entry) => [entry.conversationId, entry.seq])).toEqual([
      [direct, 1],
      [direct, 2],
    ]);
  });

  test("can be opened before it is spoken in; opening again makes nothing", async () => {
    const open = () => node.writing.openDirect({ conversationId: direct, viewer: viewer("ann"), peerId: "bob" });
    expect(await open()).toMatchObject({ created: true, conversation: { id: direct, type: "direct", lastSeq: 0 } });
    expect(await open()).toMatchObject({ created: false });
    expect(await sendTo("bob", "ann", text("oh, hello"))).toMatchObject({ seq: 1 });
  });

  test("is not made with a stranger, with oneself, or with who takes no messages", async () => {
    node.around.strangers.add("nobody");
    node.around.privacy.set("shy", { messages: "nobody" });
    await expect(sendTo("ann", "nobody", text("?"))).rejects.toMatchObject(fails("NOT_FOUND"));
    await expect(sendTo("ann", "shy", text("?"))).rejects.toMatchObject(fails("FORBIDDEN"));
    await expect(sendTo("ann", "ann", text("?"))).rejects.toMatchObject(fails("VALIDATION", "to"));
    await sendTo("shy", "ann", text("I begin"));
    expect(await sendTo("ann", "shy", text("then I may answer"))).toMatchObject({ seq: 2 });
  });
});

describe("a message", () => {
  beforeEach(() => makeGroup("bob", "cid"));

  test("sent again gets the first result as a duplicate, and goes to everybody again", async () => {
    const message = text("once", { metadata: { a: 1, b: [2] } });
    const first = await send("bob", message);
    expect(await send("bob", { ...message, metadata: { b: [2], a: 1 } })).toEqual({ ...first, duplicate: true });
    await told();
    expect(node.entries.filter(({ entry }) => entry.seq === first.seq)).toHaveLength(2);
    expect(await node.logOf(group)).toHaveLength(2);
  });

  test("is known again long after it left memory, and by a new activation", async () => {
    const message = text("old");
    const first = await send("bob", message);
    await Promise.all(Array.from({ length: 300 }, (_, i) => send("bob", text(`${i}`))));
    expect(await send("bob", message)).toEqual({ ...first, duplicate: true });
    await node.restart();
    expect(await send("bob", message)).toEqual({ ...first, duplicate: true });
    await expect(send("bob", { ...message, content: "other" })).rejects.toMatchObject(fails("CONFLICT"));
  });

  test("is known again when its sender has left meanwhile, who may write nothing new", async () => {
    const message = text("before");
    const first = await send("bob", message);
    await member("bob", { op: "leave" });
    expect(await send("bob", message)).toEqual({ ...first, duplicate: true });
    await node.restart();
    await Promise.all(Array.from({ length: 300 }, (_, i) => send("cid", text(`${i}`))));
    expect(await send("bob", message)).toEqual({ ...first, duplicate: true });
    await expect(send("bob", text("after"))).rejects.toMatchObject(fails("FORBIDDEN"));
  });

  test("with the clientMsgId of another one is a conflict; another sender's is not", async () => {
    const message = text("mine");
    await send("bob", message);
    await expect(send("bob", { ...message, content: "changed" })).rejects.toMatchObject(fails("CONFLICT"));
    await expect(send("bob", { ...message, expiresIn: 60 })).rejects.toMatchObject(fails("CONFLICT"));
    expect(await send("cid", message)).toMatchObject({ seq: 3 });
  });

  test.each(["constructor", "__proto__", "toString"])("may be reacted to with %s, as with any text", async (emoji) => {
    const { id } = await send("bob", text("hm"));
    const react = (remove: boolean) => change("ann", id, { op: "react", emoji, remove });
    expect(await react(false)).toMatchObject({ seq: 3 });
    expect(await react(false)).toMatchObject({ seq: 3 });
    expect(await react(true)).toMatchObject({ seq: 4 });
    expect(await send("ann", text("after"))).toMatchObject({ seq: 5 });
  });

  test("answers a message of the same conversation, or none", async () => {
    const first = await send("bob", text("question"));
    expect(await send("cid", text("answer", { replyTo: first.id }))).toMatchObject({ replyTo: first.id });
    const elsewhere = await sendTo("ann", "bob", text("private"));
    await expect(send("cid", text("?", { replyTo: elsewhere.id }))).rejects.toMatchObject(fails("VALIDATION", "replyTo"));
    await expect(send("cid", text("?", { replyTo: "nothing" }))).rejects.toMatchObject(fails("VALIDATION", "replyTo"));
  });

  test("of an outsider finds no conversation", async () => {
    await expect(send("eve", text("let me in"))).rejects.toMatchObject(fails("NOT_FOUND"));
    await expect(send("ann", text("?"), "no-such")).rejects.toMatchObject(fails("NOT_FOUND"));
  });

  test("is told in the order of the log, in which nothing is missing", async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => send(["ann", "bob", "cid"][i % 3] ?? "", text(`${i}`))));
    await told();
    expect(node.entries.map(({ entry }) => entry.seq)).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
    expect(node.entries.map(({ entry }) => entry)).toEqual(await node.logOf(group));
  });
});

describe("a change to a message", () => {
  let id: string;
  beforeEach(async () => {
    await makeGroup("bob", "cid");
    id = (await send("bob", text("draft"))).id;
  });

  test("that changes nothing appends nothing and answers where it stands", async () => {
    expect(await change("bob", id, { op: "edit", content: "draft" })).toEqual({ conversationId: group, seq: 2 });
    expect(await change("cid", id, { op: "react", emoji: "👍", remove: true })).toEqual({ conversationId: group, seq: 2 });
    expect(await change("cid", id, { op: "react", emoji: "👍", remove: false })).toEqual({ conversationId: group, seq: 3 });
    expect(await change("cid", id, { op: "react", emoji: "👍", remove: false })).toEqual({ conversationId: group, seq: 3 });
    expect(await change("ann", id, { op: "pin", remove: false })).toEqual({ conversationId: group, seq: 4 });
    expect(await change("cid", id, { op: "pin", remove: false })).toEqual({ conversationId: group, seq: 4 });
  });

  test("is for its author to edit, and for its author and admins to delete", async () => {
    await expect(change("ann", id, { op: "edit", content: "mine now" })).rejects.toMatchObject(fails("FORBIDDEN"));
    await expect(change("cid", id, { op: "delete" })).rejects.toMatchObject(fails("FORBIDDEN"));
    expect(await change("ann", id, { op: "delete" })).toMatchObject({ seq: 3 });
  });

  test("after it was deleted is GONE; deleting it again is not", async () => {
    await change("bob", id, { op: "edit", content: "better" });
    await change("bob", id, { op: "delete" });
    for (const what of [
      { op: "edit", content: "x" },
      { op: "react", emoji: "👍", remove: false },
      { op: "pin", remove: false },
    ] as const) {
      await expect(change("bob", id, what)).rejects.toMatchObject(fails("GONE"));
    }
    expect(await change("bob", id, { op: "delete" })).toEqual({ conversationId: group, seq: 4 });
    const log = await node.logOf(group);
    expect(log[1]).toMatchObject({ kind: "message", content: "", deletedAt: log[3]?.createdAt });
    expect(log[2]).toMatchObject({ kind: "edit", content: "" });
  });

  test("after its time is GONE, swept or not", async () => {
    const { id } = await send("bob", text("burns", { expiresIn: 10 }));
    clock.turn(9_999);
    await change("bob", id, { op: "edit", content: "burns soon" });
    clock.turn(1);
    await expect(change("bob", id, { op: "edit", content: "x" })).rejects.toMatchObject(fails("GONE"));
    expect(await node.store.log.expire(new Date(clock.now()).toISOString(), 9)).toBe(1);
    await expect(change("bob", id, { op: "edit", content: "x" })).rejects.toMatchObject(fails("GONE"));
    await expect(change("ann", id, { op: "react", emoji: "👍", remove: false })).rejects.toMatchObject(fails("GONE"));
  });

  test("that is stored but for the emptying, as a node leaves it that dies there, is made whole by the next one", async () => {
    await change("bob", id, { op: "edit", content: "secret" });
    const { n, createdAt } = (await node.logOf(group))[2] as LoggedEntry;
    const place = { conversationId: group, seq: 4, id: "deletion", n, createdAt, senderId: "bob" };
    const entry: LoggedEntry = { ...place, kind: "delete", target: id };
    const view = { conversationId: group, seq: 2, asOf: 4, edits: [3], deletedAt: createdAt, reactions: {} };
    await node.store.log.append({ conversationId: group, entries: [{ entry }], views: [view] });
    await node.restart();
    expect(await change("bob", id, { op: "delete" })).toMatchObject({ seq: 4 });
    expect((await node.logOf(group)).slice(1, 3)).toMatchObject([{ content: "", deletedAt: createdAt }, { content: "" }]);
  });

  test("with a clientMsgId is made once", async () => {
    const edit = { op: "edit", content: "better", clientMsgId: "edit-1" } as const;
    expect(await change("bob", id, edit)).toMatchObject({ seq: 3 });
    await change("bob", id, { op: "edit", content: "best" });
    expect(await change("bob", id, edit)).toMatchObject({ seq: 3 });
    await expect(change("bob", id, { ...edit, content: "worse" })).rejects.toMatchObject(fails("CONFLICT"));
  });

  test("needs a message that the user may see", async () => {
    await member("ann", { op: "add", userIds: ["dan"] });
    await expect(change("dan", id, { op: "react", emoji: "👍", remove: false })).rejects.toMatchObject(fails("NOT_FOUND"));
    await expect(change("eve", id, { op: "delete" })).rejects.toMatchObject(fails("NOT_FOUND"));
  });

  test("deletes it for one user alone, and tells that user's other sockets once", async () => {
    const hide = () => node.writing.hide({ conversationId: group, viewer: viewer("cid", "cid-socket"), messageId: id });
    expect(await hide()).toEqual({ conversationId: group, seq: 2 });
    expect(await hide()).toEqual({ conversationId: group, seq: 2 });
    expect(node.signals("change")).toMatchObject([
      { recipients: ["cid"], exceptSession: "cid-socket", data: { op: "hidden", conversationId: group, id, seq: 2 } },
    ]);
    expect(await node.store.participation.changes("cid", 0, 10)).toMatchObject([{ change: { op: "hidden", seq: 2 } }]);
  });
});

describe("a group", () => {
  test("is made with its creator as owner, once", async () => {
    const made = await makeGroup("bob", "cid", "ann");
    expect(made.group).toMatchObject({ ownerId: "ann", memberCount: 3, version: 1, myRole: "owner", settings: { name: "Us" } });
    expect(made.conversation).toMatchObject({ id: group, lastSeq: 1 });
    expect((await makeGroup("bob")).group).toEqual(made.group);
    expect(await node.logOf(group)).toMatchObject([{ kind: "member", op: "create", userIds: ["ann", "bob", "cid"] }]);
    const again = node.writing.createGroup({
      conversationId: group,
      viewer: viewer("bob"),
      type: "group",
      settings: {},
      memberIds: [],
    });
    await expect(again).rejects.toMatchObject(fails("CONFLICT"));
  });

  test("is not made with strangers, with who stays out of groups, or with too many", async () => {
    node.around.strangers.add("nobody");
    node.around.privacy.set("shy", { groups: "nobody" });
    await expect(makeGroup("nobody")).rejects.toMatchObject(fails("VALIDATION", "memberIds"));
    await expect(makeGroup("shy")).rejects.toMatchObject(fails("FORBIDDEN"));
    const small = {
      conversationId: group,
      viewer: viewer("ann"),
      type: "group",
      settings: { name: "Us", maxMembers: 2 },
    } as const;
    await expect(node.writing.createGroup({ ...small, memberIds: ["bob", "cid"] })).rejects.toMatchObject(
      fails("VALIDATION", "memberIds"),
    );
  });

  test("takes members from admins; they may not see what was before, and get it before its next entry", async () => {
    await makeGroup("bob");
    await expect(member("bob", { op: "add", userIds: ["cid"] })).rejects.toMatchObject(fails("FORBIDDEN"));
    expect(await member("ann", { op: "add", userIds: ["bob", "cid"] })).toMatchObject({ seq: 2 });
    expect(await member("ann", { op: "add", userIds: ["cid"] })).toMatchObject({ seq: 2 });
    await told();
    const last = node.around.published.slice(-2);
    expect(last).toMatchObject([
      { event: "conversation", recipients: ["cid"], data: { id: group, firstSeq: 2 } },
      { entry: { op: "add", userIds: ["cid"] }, recipients: ["ann", "bob", "cid"] },
    ]);
  });

  test("tells whom it removes, and no more from then on", async () => {
    await makeGroup("bob", "cid");
    await member("ann", { op: "remove", userId: "cid" });
    await send("bob", text("just us"));
    await expect(send("cid", text("hey"))).rejects.toMatchObject(fails("FORBIDDEN"));
    await told();
    expect(node.entries.map(({ recipients }) => recipients)).toEqual([
      ["ann", "bob", "cid"],
      ["ann", "bob", "cid"],
      ["ann", "bob"],
    ]);
  });

  test("tells who comes back to read afresh", async () => {
    await makeGroup("bob");
    await member("bob", { op: "leave" });
    await send("ann", text("alone"));
    await member("ann", { op: "add", userIds: ["bob"] });
    await told();
    expect(node.signals("reset")).toMatchObject([
      { recipients: ["bob"], data: { conversationId: group, firstSeq: 1, lastSeq: 4 } },
    ]);
    expect(await node.store.participation.changes("bob", 0, 10)).toMatchObject([
      { change: { op: "reset", conversationId: group } },
    ]);
    expect(node.signals("conversation").filter(({ recipients }) => recipients.includes("bob"))).toHaveLength(1);
  });

  test("keeps its ranks", async () => {
    await makeGroup("bob", "cid", "dan");
    await expect(member("ann", { op: "leave" })).rejects.toMatchObject(fails("FORBIDDEN"));
    await member("ann", { op: "role", userId: "bob", role: "admin" });
    await expect(member("bob", { op: "role", userId: "cid", role: "admin" })).rejects.toMatchObject(fails("FORBIDDEN"));
    await expect(member("bob", { op: "remove", userId: "ann" })).rejects.toMatchObject(fails("FORBIDDEN"));
    await expect(member("cid", { op: "remove", userId: "dan" })).rejects.toMatchObject(fails("FORBIDDEN"));
    await member("bob", { op: "remove", userId: "dan" });
    await member("ann", { op: "role", userId: "cid", role: "owner" });
    const members = await node.writing.members({ conversationId: group, viewer: viewer("bob") });
    expect(members.map(({ userId, role }) => [userId, role])).toEqual([
      ["cid", "owner"],
      ["ann", "admin"],
      ["bob", "admin"],
    ]);
    await member("ann", { op: "leave" });
  });

  test("that is closed stays readable, and takes nothing more", async () => {
    await makeGroup("bob");
    await member("ann", { op: "role", userId: "bob", role: "admin" });
    const update = (userId: string, changes: { name?: string; closed?: true }) =>
      node.writing.update({ conversationId: group, viewer: viewer(userId), changes });
    expect(await update("bob", { name: "They" })).toMatchObject({ settings: { name: "They" }, version: 3 });
    expect(await update("bob", { name: "They" })).toMatchObject({ version: 3 });
    await expect(update("bob", { closed: true })).rejects.toMatchObject(fails("FORBIDDEN"));
    expect(await update("ann", { closed: true })).toMatchObject({ settings: { closed: true }, version: 4 });
    expect(await update("ann", { closed: true })).toMatchObject({ version: 4 });
    for (const refused of [send("ann", text("?")), update("ann", { name: "We" }), member("bob", { op: "leave" })]) {
      await expect(refused).rejects.toMatchObject(fails("FORBIDDEN"));
    }
    expect(await node.writing.group({ conversationId: group })).toMatchObject({ settings: { name: "They", closed: true } });
  });

  test("announces every change of its members and settings, by version", async () => {
    await makeGroup("bob");
    await member("ann", { op: "add", userIds: ["cid"] });
    await told();
    const changes = node.around.events.filter(({ name }) => name === "group.changed");
    expect(changes).toMatchObject([
      { payload: { state: { version: 1, memberCount: 2 } } },
      { payload: { state: { version: 2, memberCount: 3 } } },
    ]);
  });
});

test("typing goes to the other members, and only from a member", async () => {
  await makeGroup("bob", "cid");
  const type = (userId: string) => node.writing.typing({ conversationId: group, viewer: viewer(userId), state: "start" });
  await type("bob");
  await node.writing.tick();
  expect(node.signals("typing")).toMatchObject([
    { data: { conversationId: group, userId: "bob", state: "start" }, recipients: ["ann", "cid"] },
  ]);
  await expect(type("eve")).rejects.toMatchObject(fails("NOT_FOUND"));
  await member("cid", { op: "leave" });
  await expect(type("cid")).rejects.toMatchObject(fails("FORBIDDEN"));
});

test("a conversation goes on where it was after its actor let go", async () => {
  await makeGroup("bob");
  const first = await send("bob", text("before"));
  await change("ann", first.id, { op: "react", emoji: "👍", remove: false });
  await node.restart();
  expect(await change("ann", first.id, { op: "react", emoji: "👍", remove: false })).toMatchObject({ seq: 3 });
  expect(await send("bob", text("after"))).toMatchObject({ seq: 4, n: 2 });
  await expect(send("cid", text("?"))).rejects.toMatchObject(fails("NOT_FOUND"));
});

test("times do not go back within a log, whatever the clock of its next owner says", async () => {
  await makeGroup("bob");
  const before = await send("bob", text("before"));
  clock.turn(-300_000);
  await node.restart();
  const after = await send("bob", text("after"));
  expect(after.createdAt).toBe(before.createdAt);
  clock.turn(300_001);
  expect((await send("bob", text("later"))).createdAt > before.createdAt).toBe(true);
});

test("a group that comes to life says of which version it is, so that what shows it elsewhere can catch up", async () => {
  await makeGroup("bob");
  await member("ann", { op: "remove", userId: "bob" });
  await node.restart();
  node.around.events.length = 0;
  await expect(send("bob", text("?"))).rejects.toMatchObject(fails("FORBIDDEN"));
  expect(node.around.events).toEqual([{ name: "group.activated", payload: { conversationId: group, version: 2 } }]);
});
