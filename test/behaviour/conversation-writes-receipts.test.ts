import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { jsonBytes } from "../../domain/pacing/within-bytes.ts";
import { ManualClock } from "../manual-clock.ts";
import { ConversationNode, text, viewer } from "./conversation-node.ts";

const group = "the-group";
let clock: ManualClock;
let node: ConversationNode;
beforeEach(async () => {
  clock = new ManualClock();
  node = await ConversationNode.start({ clock });
});
afterEach(() => node.stop());

const makeGroup = (...memberIds: string[]) =>
  node.writing.createGroup({ conversationId: group, viewer: viewer("ann"), type: "group", settings: { name: "Us" }, memberIds });
const send = (userId: string) => node.writing.append({ conversationId: group, viewer: viewer(userId), message: text("hi") });
const reach = (kind: "delivered" | "read", userId: string, seq: number) =>
  node.writing.cursor({ conversationId: group, viewer: viewer(userId), kind, seq });
const details = (userId: string, messageId: string, cursor?: string) =>
  node.writing.receipts({ conversationId: group, viewer: viewer(userId), messageId, cursor });

/** What is told of receipts when the next tick comes. */
async function newReceipts() {
  node.around.published.length = 0;
  clock.turn(250);
  await node.writing.tick();
  return node.signals("receipt");
}

describe("a receipt", () => {
  test("goes to the senders concerned and to the user's own devices, once for all that came together", async () => {
    await makeGroup("bob", "cid");
    await send("ann");
    await send("ann");
    await newReceipts();
    await reach("delivered", "cid", 2);
    await reach("delivered", "cid", 3);
    await reach("read", "cid", 2);
    const at = new Date(clock.now() + 250).toISOString();
    const data = { conversationId: group, userId: "cid", deliveredSeq: 3, readSeq: 2, at };
    expect(await newReceipts()).toEqual([
      { type: "signal", event: "receipt", data, recipients: ["cid"] },
      { type: "signal", event: "receipt", data, recipients: ["ann"] },
    ]);
    await reach("delivered", "cid", 2);
    expect(await newReceipts()).toEqual([]);
  });

  test("of reading says that it was delivered; who does not let others know is only seen to have it", async () => {
    node.around.privacy.set("cid", { readReceipts: false });
    await makeGroup("bob", "cid");
    const message = await send("ann");
    await newReceipts();
    await reach("read", "cid", 2);
    const told = await newReceipts();
    expect(told.map(({ recipients }) => recipients)).toEqual([["cid"], ["ann"]]);
    expect(told[0]?.data).toMatchObject({ deliveredSeq: 2, readSeq: 2 });
    expect(told[1]?.data).toMatchObject({ deliveredSeq: 2 });
    expect(told[1]?.data).not.toHaveProperty("readSeq");
    const { items, read, delivered, total } = await details("ann", message.id);
    expect({ read, delivered, total }).toEqual({ read: 0, delivered: 1, total: 2 });
    expect(items.find(({ userId }) => userId === "cid")).toEqual({ userId: "cid", deliveredAt: expect.any(String) });
  });

  test("of sending is that everything before was read", async () => {
    await makeGroup("bob");
    await send("ann");
    await newReceipts();
    await send("bob");
    expect(await newReceipts()).toMatchObject([{ data: { userId: "bob", readSeq: 3, deliveredSeq: 3 }, recipients: ["ann"] }]);
    expect(await node.store.participation.cursorsOf(group)).toContainEqual(
      expect.objectContaining({ userId: "bob", readSeq: 3, readN: 2 }),
    );
  });

  test("in a large group is a count, to each sender for its last message", async () => {
    await makeGroup(...Array.from({ length: 80 }, (_, i) => `m${i}`));
    await send("ann");
    await send("m0");
    await newReceipts();
    await reach("read", "m1", 3);
    await reach("delivered", "m2", 2);
    const told = (await newReceipts()).filter(({ data }) => "total" in data);
    expect(told.map(({ data, recipients }) => [recipients, data])).toEqual([
      [["m0"], { conversationId: group, seq: 3, delivered: 1, read: 1, total: 80 }],
      [["ann"], { conversationId: group, seq: 2, delivered: 3, read: 2, total: 80 }],
    ]);
  });

  test("in a large group counts no reader who does not let others know, whoever owns the conversation", async () => {
    node.around.privacy.set("m1", { readReceipts: false });
    await makeGroup(...Array.from({ length: 80 }, (_, i) => `m${i}`));
    await send("ann");
    await reach("read", "m1", 2);
    await reach("read", "m2", 2);
    await node.restart();
    await reach("read", "m3", 2);
    const [told] = (await newReceipts()).filter(({ data }) => "total" in data);
    expect(told?.data).toEqual({ conversationId: group, seq: 2, delivered: 3, read: 2, total: 80 });
  });

  test("is not told of what nobody has sent", async () => {
    await makeGroup("bob");
    await newReceipts();
    await reach("read", "bob", 1);
    expect((await newReceipts()).map(({ recipients }) => recipients)).toEqual([["bob"]]);
  });
});

test("the details of a group too large for one answer come in parts, everybody once; the counts are of all", async () => {
  const others = Array.from({ length: 9999 }, (_, i) => `${i}`.padStart(100, "0"));
  for (const userId of others) node.around.away.add(userId);
  await makeGroup(...others);
  const message = await send("ann");
  const found: string[] = [];
  let parts = 0;
  for (let cursor: string | undefined; parts === 0 || cursor; parts++) {
    const page = await details("ann", message.id, cursor);
    expect([page.total, jsonBytes(page) < 700_000]).toEqual([others.length, true]);
    found.push(...page.items.map(({ userId }) => userId));
    cursor = page.nextCursor;
  }
  expect(found).toEqual(others);
  expect(parts).toBeGreaterThan(1);
}, 30_000);

describe("a cursor", () => {
  test("is not moved above the end of the log, nor by an outsider", async () => {
    await makeGroup("bob");
    await expect(reach("delivered", "bob", 2)).rejects.toMatchObject({ code: "VALIDATION", data: { errors: [{ path: "seq" }] } });
    await expect(reach("read", "eve", 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("of who has left ends at the leaving", async () => {
    await makeGroup("bob");
    await node.writing.membership({ conversationId: group, viewer: viewer("bob"), change: { op: "leave" } });
    await send("ann");
    await reach("delivered", "bob", 3);
    expect((await node.store.participation.deviceCursors("bob-phone")).get(group)).toBe(2);
  });

  test("of who joins later starts where it joined", async () => {
    await makeGroup("bob");
    await send("ann");
    await node.writing.membership({ conversationId: group, viewer: viewer("ann"), change: { op: "add", userIds: ["cid"] } });
    expect(await node.store.participation.cursorsOf(group)).toContainEqual(
      expect.objectContaining({ userId: "cid", deliveredSeq: 2, readSeq: 2, readN: 1 }),
    );
  });

  test("knows after a restart how many messages were read, and when", async () => {
    await makeGroup("bob");
    const message = await send("ann");
    const deliveredAt = new Date(clock.now()).toISOString();
    await reach("delivered", "bob", 2);
    clock.turn(5000);
    await send("ann");
    await node.restart();
    await reach("read", "bob", 2);
    const readAt = new Date(clock.now()).toISOString();
    expect(await node.store.participation.cursorsOf(group)).toContainEqual(
      expect.objectContaining({ userId: "bob", readSeq: 2, readN: 1 }),
    );
    expect(await details("ann", message.id)).toEqual({
      items: [{ userId: "bob", deliveredAt, readAt }],
      delivered: 1,
      read: 1,
      total: 1,
    });
  });
});
