import { randomUUID } from "node:crypto";
import type { LoggedEntry, MessageEntry } from "../../contracts/entry.ts";
import type { Commit, ConversationRecord, Member, MessageLog, MessageView, StoredEntry } from "../../stores/message-log.ts";

const START = Date.parse("2026-01-01T00:00:00.000Z");

/** Fields of an entry beyond those that every entry has. */
type Body<E = LoggedEntry> = E extends LoggedEntry
  ? Omit<E, "conversationId" | "seq" | "id" | "senderId" | "createdAt" | "n">
  : never;
type Fields = Partial<Pick<LoggedEntry, "seq" | "id" | "senderId" | "createdAt">>;

/** Makes the entries and rows of one conversation, numbered as they should be: one entry a second. */
export class TestConversation {
  readonly id = randomUUID();
  seq = 0;
  n = 0;

  at(seq: number): string {
    return new Date(START + seq * 1000).toISOString();
  }

  entry(body: Body, fields: Fields = {}): StoredEntry {
    const seq = fields.seq ?? ++this.seq;
    if (body.kind === "message") this.n++;
    const base = { conversationId: this.id, id: randomUUID(), senderId: "ann", createdAt: this.at(seq), n: this.n };
    return { entry: { ...base, ...body, ...fields, seq } };
  }

  message(fields: Partial<MessageEntry> = {}): StoredEntry {
    return this.entry({ kind: "message", type: "text", content: `text ${this.seq + 1}`, ...fields }, fields);
  }

  messages(count: number): StoredEntry[] {
    return Array.from({ length: count }, () => this.message());
  }

  record(fields: Partial<ConversationRecord> = {}): ConversationRecord {
    const fixed = { conversationId: this.id, type: "group", epoch: 1, settings: {}, createdAt: this.at(0) } as const;
    return { ...fixed, snapSeq: 0, snapN: 0, snapAt: this.at(0), version: 0, floorSeq: 0, ...fields };
  }

  /** The record whose snapshot ends with this entry. */
  snapshotAt({ entry }: StoredEntry, fields: Partial<ConversationRecord> = {}): ConversationRecord {
    return this.record({ snapSeq: entry.seq, snapN: entry.n, snapAt: entry.createdAt, ...fields });
  }

  member(userId: string, fields: Partial<Member> = {}): Member {
    const fixed = { conversationId: this.id, userId, role: "member", joinedAt: this.at(0) } as const;
    return { ...fixed, intervals: [{ from: 1 }], asOf: 1, ...fields };
  }

  view(seq: number, fields: Partial<MessageView> = {}): MessageView {
    return { conversationId: this.id, seq, asOf: seq + 1, reactions: {}, edits: [], ...fields };
  }

  commit(entries: StoredEntry[], fields: Partial<Commit> = {}): Commit {
    return { conversationId: this.id, entries, ...fields };
  }
}

/** A conversation that is in the log: its record, these members from the start, and so many messages. */
export async function startConversation(
  log: MessageLog,
  { messages = 0, members = [] }: { messages?: number; members?: string[] } = {},
): Promise<TestConversation> {
  const conversation = new TestConversation();
  await log.append(
    conversation.commit(conversation.messages(messages), {
      record: conversation.record(),
      members: members.map((userId) => conversation.member(userId)),
    }),
  );
  return conversation;
}

export const seqs = (stored: StoredEntry[]): number[] => stored.map(({ entry }) => entry.seq);
