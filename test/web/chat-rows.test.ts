import { describe, expect, test } from "@jest/globals";
import type { Notice, OutboxItem } from "../../client/index.ts";
import type { CurrentMessage } from "../../contracts/entry.ts";
import { chatRows, type RowsInput } from "../../web/model/chat-rows.ts";

const me = "ada";
const day = (date: number, minute = 0) => new Date(2026, 0, date, 12, minute).toISOString();

const message = (seq: number, senderId: string, createdAt = day(1, seq)): CurrentMessage => ({
  conversationId: "c",
  kind: "message",
  type: "text",
  seq,
  n: seq,
  id: `m${seq}`,
  clientMsgId: `key${seq}`,
  senderId,
  content: `${seq}`,
  createdAt,
  reactions: {},
});

const notice = (seq: number): Notice => ({
  conversationId: "c",
  kind: "member",
  op: "leave",
  userIds: ["carol"],
  seq,
  n: seq,
  id: `n${seq}`,
  senderId: "carol",
  createdAt: day(1, seq),
});

const waiting = (key: string, createdAt = day(1, 30)): OutboxItem => ({
  clientMsgId: key,
  request: { conversationId: "c", content: key, clientMsgId: key },
  createdAt,
  order: 1,
});

const rows = (input: Partial<RowsInput>) =>
  chatRows({ userId: me, messages: [], notices: [], outbox: [], unreadAfter: undefined, ...input });
const kinds = (input: Partial<RowsInput>) => rows(input).map(({ kind }) => kind);

describe("the rows of a conversation", () => {
  test("begin with the day, and name it again where it changes", () => {
    const messages = [message(1, "bob"), message(2, "bob"), message(3, "bob", day(2))];
    expect(kinds({ messages })).toEqual(["day", "message", "message", "day", "message"]);
  });

  test("have what happened in the group where it happened", () => {
    expect(kinds({ messages: [message(1, "bob"), message(3, "bob")], notices: [notice(2), notice(4)] })).toEqual([
      "day",
      "message",
      "notice",
      "message",
      "notice",
    ]);
  });

  test("say where reading left off, before the first message of somebody else that is new", () => {
    const messages = [message(1, "bob"), message(2, me), message(3, "bob"), message(4, "bob")];
    expect(kinds({ messages, unreadAfter: 1 })).toEqual(["day", "message", "message", "unread", "message", "message"]);
    expect(kinds({ messages, unreadAfter: 4 })).not.toContain("unread");
    expect(kinds({ messages })).not.toContain("unread");
  });

  test("a message follows another of the same sender, but not over a day, a notice or the line of what is new", () => {
    const follows = (input: Partial<RowsInput>) => rows(input).flatMap((row) => ("follows" in row ? [row.follows] : []));
    expect(follows({ messages: [message(1, "bob"), message(2, "bob"), message(3, me)] })).toEqual([false, true, false]);
    expect(follows({ messages: [message(1, "bob"), message(2, "bob", day(2))] })).toEqual([false, false]);
    expect(follows({ messages: [message(1, "bob"), message(3, "bob")], notices: [notice(2)] })).toEqual([false, false]);
    expect(follows({ messages: [message(1, "bob"), message(2, "bob")], unreadAfter: 1 })).toEqual([false, false]);
  });

  test("what is on its way comes last, and keeps its key when it has arrived", () => {
    const before = rows({ messages: [message(1, "bob")], outbox: [waiting("key2")] }).at(-1);
    const after = rows({ messages: [message(1, "bob"), message(2, me)], outbox: [waiting("key2")] });
    expect(before).toMatchObject({ kind: "pending", follows: false });
    expect(after.at(-1)).toMatchObject({ kind: "message", key: before?.key });
    expect(after.filter(({ key }) => key === before?.key)).toHaveLength(1);
  });

  test("no two have the same key, even if others chose the same id for theirs", () => {
    const messages = [
      message(1, "bob"),
      { ...message(2, me), clientMsgId: "key1" },
      { ...message(3, "carol"), clientMsgId: "key1" },
    ];
    const keys = rows({ messages, notices: [notice(4)], outbox: [waiting("key9")], unreadAfter: 0 }).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
