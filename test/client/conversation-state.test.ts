import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type ConversationState,
  fromHistory,
  type HistoryPage,
  messagesOf,
  withEntry,
  withExpiry,
  withHidden,
  withOlder,
  withReceipt,
} from "../../client/log/conversation-state.ts";
import { summaryWithEntry, summaryWithReceipt } from "../../client/log/conversation-summary.ts";
import type { LoggedEntry, MessageEntry } from "../../contracts/entry.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import { currentMessage } from "../../domain/conversation/current-message.ts";
import { changedView, isChange, type MessageView, reactorsOf } from "../../domain/conversation/message-view.ts";

const users = ["ada", "bob", "carol"];
const me = "ada";

type Act =
  | { kind: "message"; by: number }
  | { kind: "edit" | "delete" | "pin" | "unpin"; by: number; pick: number }
  | { kind: "reaction"; by: number; pick: number; emoji: string };

const by = fc.nat(users.length - 1);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("message" as const), by }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("edit" as const, "delete" as const, "pin" as const, "unpin" as const),
      by,
      pick: fc.nat(30),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("reaction" as const),
      by,
      pick: fc.nat(30),
      emoji: fc.constantFrom("👍", "🎉", "constructor"),
    }),
  },
);

/** The server's side of it, with the server's own code: entries that change something, and history pages of any moment. */
class ServerLog {
  readonly entries: LoggedEntry[] = [];

  static of(acts: Act[]): ServerLog {
    const log = new ServerLog();
    for (const act of acts) log.#do(act);
    return log;
  }

  /** Messages as they were when the log ended at `asOf`. */
  page(asOf: number, { before = Number.POSITIVE_INFINITY, limit = 1_000 } = {}): HistoryPage {
    const views = this.#views(asOf);
    const messages = this.entries.filter((e): e is MessageEntry => e.kind === "message" && e.seq <= asOf && e.seq < before);
    const items = messages.slice(-limit).map((message) => currentMessage(message, views.get(message.id), me));
    return { items, hasMoreBefore: messages.length > items.length, hasMoreAfter: false, asOf };
  }

  #views(asOf: number): Map<string, MessageView> {
    const views = new Map<string, MessageView>();
    const seqs = new Map(this.entries.map(({ id, seq }) => [id, seq]));
    for (const entry of this.entries.filter((e) => e.seq <= asOf)) {
      if (isChange(entry)) views.set(entry.target, changedView(views.get(entry.target), seqs.get(entry.target) ?? 0, entry));
    }
    return views;
  }

  #do(act: Act): void {
    const seq = this.entries.length + 1;
    const createdAt = new Date(seq * 1_000).toISOString();
    const senderId = users[act.by] as string;
    const messages = this.entries.filter((e) => e.kind === "message");
    const n = messages.length + (act.kind === "message" ? 1 : 0);
    const base = { conversationId: "c", seq, id: `e${seq}`, senderId, createdAt, n };
    if (act.kind === "message") return void this.entries.push({ ...base, kind: "message", type: "text", content: `${seq}` });
    const target = messages[act.pick % messages.length]?.id;
    const view = target === undefined ? undefined : this.#views(seq).get(target);
    if (target === undefined || view?.deletedAt) return;
    if (act.kind === "edit") this.entries.push({ ...base, kind: "edit", target, content: `edit ${seq}` });
    if (act.kind === "delete") this.entries.push({ ...base, kind: "delete", target });
    if (act.kind === "pin" || act.kind === "unpin") {
      const pinned = Boolean(view?.pinned);
      const op = act.kind === "pin" ? "add" : "remove";
      if (pinned !== (op === "add")) this.entries.push({ ...base, kind: "pin", target, op });
    }
    if (act.kind === "reaction") {
      const there = view ? reactorsOf(view.reactions, act.emoji).includes(senderId) : false;
      this.entries.push({ ...base, kind: "reaction", target, emoji: act.emoji, op: there ? "remove" : "add" });
    }
  }
}

const applied = (state: ConversationState, entries: LoggedEntry[]) => entries.reduce(withEntry, state);

describe("an old state plus events", () => {
  test("equals the state fetched anew", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 60, size: "max" }), fc.nat(60), (acts, cut) => {
        const log = ServerLog.of(acts);
        const end = log.entries.length;
        const old = fromHistory("c", me, log.page(Math.min(cut, end)));
        const now = applied(old, log.entries);
        expect(messagesOf(now)).toEqual(log.page(end).items);
        expect(now.asOf).toBe(end);
      }),
    );
  });

  test("equals it too when older pages are read on the way, sooner or later than the entries come", () => {
    const moments = fc.array(fc.record({ seen: fc.nat(60), pageAt: fc.nat(60) }), { maxLength: 10, size: "max" });
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 60, size: "max" }), fc.nat(60), moments, (acts, cut, pages) => {
        const log = ServerLog.of(acts);
        const end = log.entries.length;
        const start = Math.min(cut, end);
        let state = fromHistory("c", me, log.page(start, { limit: 3 }));
        for (const { seen, pageAt } of pages) {
          state = applied(state, log.entries.slice(0, seen));
          const before = messagesOf(state)[0]?.seq;
          if (before === undefined || !state.hasMoreBefore) continue;
          const asOf = Math.min(end, Math.max(start, pageAt));
          state = withOlder(state, log.page(asOf, { before, limit: 2 })) ?? state;
        }
        state = applied(state, log.entries);
        const count = messagesOf(state).length;
        expect(messagesOf(state)).toEqual(count ? log.page(end, { limit: count }).items : []);
      }),
    );
  });
});

const log = ServerLog.of([
  { kind: "message", by: 1 },
  { kind: "message", by: 0 },
  { kind: "reaction", by: 1, pick: 1, emoji: "👍" },
]);

test("a page older than the changes still known is refused", () => {
  const acts: Act[] = Array.from({ length: 600 }, () => ({ kind: "reaction", by: 1, pick: 0, emoji: "👍" }));
  const many = ServerLog.of([{ kind: "message", by: 1 }, { kind: "message", by: 1 }, ...acts]);
  const state = applied(fromHistory("c", me, many.page(2, { limit: 1 })), many.entries);
  expect(withOlder(state, many.page(50, { before: 2 }))).toBeUndefined();
  expect(withOlder(state, many.page(602, { before: 2 }))?.known).toHaveLength(2);
});

test("a message deleted for oneself is gone, from a page that comes later too", () => {
  const state = withHidden(fromHistory("c", me, log.page(3, { limit: 1 })), "e1");
  expect(messagesOf(withOlder(state, log.page(3, { before: 2 })) as ConversationState).map((m) => m.id)).toEqual(["e2"]);
  expect(messagesOf(withHidden(state, "e2"))).toEqual([]);
});

test("what has expired is emptied in its place", () => {
  const page = log.page(3);
  const expiresAt = "2026-01-01T00:00:00.000Z";
  const state = fromHistory("c", me, { ...page, items: page.items.map((m, i) => (i === 0 ? { ...m, expiresAt } : m)) });
  expect(withExpiry(state, "2025-12-31T23:59:59.999Z")).toBe(state);
  expect(messagesOf(withExpiry(state, expiresAt))[0]).toMatchObject({ seq: 1, content: "", deletedAt: expiresAt });
});

test("receipts only move forward, and read implies delivered", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const receipts = [{ readSeq: 5 }, { deliveredSeq: 3 }, { deliveredSeq: 7, readSeq: 2 }];
  const state = receipts.reduce(
    (s, receipt) => withReceipt(s, { conversationId: "c", userId: "bob", at, ...receipt }),
    fromHistory("c", me, log.page(3)),
  );
  expect(state.receipts.bob).toEqual({ deliveredSeq: 7, readSeq: 5 });
});

describe("a conversation in the list", () => {
  const fresh: Conversation = {
    id: "c",
    type: "direct",
    epoch: 1,
    lastSeq: 0,
    lastN: 0,
    firstSeq: 1,
    unread: 0,
    unreadMentions: 0,
    readN: 0,
    deliveredSeq: 0,
    readSeq: 0,
    others: { deliveredSeq: 0, readSeq: 0 },
    lastMessageAt: "2026-01-01T00:00:00.000Z",
    muted: false,
    pinned: false,
    archived: false,
  };
  const at = "2026-01-01T00:00:00.000Z";
  const [first, mine] = log.entries as [MessageEntry, MessageEntry];

  test("counts what others say, until it is read or answered", () => {
    const one = summaryWithEntry(fresh, { ...first, mentions: [me] }, me);
    expect(one).toMatchObject({ unread: 1, unreadMentions: 1, lastSeq: 1, lastN: 1, lastMessage: { id: "e1" } });
    const read = summaryWithReceipt(one, { conversationId: "c", userId: me, readSeq: 1, at }, me);
    expect(read).toMatchObject({ unread: 0, unreadMentions: 0, readSeq: 1, readN: 1 });
    expect(summaryWithEntry(one, mine, me)).toMatchObject({ unread: 0, readSeq: 2, readN: 2, lastN: 2 });
  });

  test("shows its last message as it is now", () => {
    const deleted = summaryWithEntry(
      summaryWithEntry(fresh, first, me),
      { ...first, seq: 2, id: "e2", kind: "delete", target: "e1", createdAt: at },
      me,
    );
    expect(deleted.lastMessage).toMatchObject({ id: "e1", content: "", deletedAt: at });
  });

  test("cannot tell from a receipt in the middle, or in a group, how it stands", () => {
    const two = summaryWithEntry(summaryWithEntry(fresh, first, me), { ...first, seq: 2, id: "e2", n: 2 }, me);
    expect(summaryWithReceipt(two, { conversationId: "c", userId: me, readSeq: 1, at }, me)).toBeUndefined();
    expect(
      summaryWithReceipt({ ...two, type: "group" }, { conversationId: "c", userId: "bob", readSeq: 1, at }, me),
    ).toBeUndefined();
    const direct = summaryWithReceipt(two, { conversationId: "c", userId: "bob", readSeq: 1, at }, me);
    expect(direct?.others).toEqual({ deliveredSeq: 1, readSeq: 1 });
  });
});
