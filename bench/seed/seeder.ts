import { once } from "node:events";
import { uuidv7 } from "uuidv7";
import { loadConfig } from "../../config.ts";
import type { MessageEntry } from "../../contracts/entry.ts";
import { openToAll } from "../../domain/account/account.ts";
import { accounts } from "../../stores/accounts/accounts.ts";
import type { Commit, ConversationRecord, Member, MessageLog, StoredEntry } from "../../stores/message-log.ts";
import type { DeviceCursor } from "../../stores/participation.ts";
import { type Stores, storesOf } from "../../stores/stores.ts";
import type { Plan, SeededConversation } from "./seed.ts";

/** Entries in one commit, and commits under way. */
const ENTRIES = 500;
const AT_ONCE = 32;
/** Accounts in one transaction. */
const ACCOUNTS = 200;
const TEXT = "A message of a hundred characters, as people send them: not long, not short, and with little in it..";

const started = Date.now();
const stores = storesOf(loadConfig(process.env));
const [{ userIds = [], conversations = [] }] = (await once(process, "message")) as [Plan];
await makeAccounts(stores, userIds);
await makeConversations(stores, conversations);
await stores.close();
process.disconnect();

async function makeAccounts(stores: Stores, userIds: string[]): Promise<void> {
  const sql = await stores.sql();
  for (let i = 0; i < userIds.length; i += ACCOUNTS) {
    await sql.transaction(async (tx) => {
      for (const id of userIds.slice(i, i + ACCOUNTS)) await accounts(tx).create(account(id));
    });
  }
}

function account(id: string) {
  const name = `u${id.replaceAll("-", "").slice(-20)}`;
  const verified = { emailVerified: false, phoneVerified: false };
  return { id, username: name, displayName: name, ...verified, privacy: openToAll, createdAt: new Date() };
}

async function makeConversations(stores: Stores, all: SeededConversation[]): Promise<void> {
  const { log, participation } = await stores.messages();
  const rest = all.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const one of rest) await makeConversation(log, one);
    }),
  );
  participation.advanceDevices(all.flatMap(cursorsOf));
  await participation.flush();
}

function cursorsOf({ id, type, messages, missed }: SeededConversation): DeviceCursor[] {
  if (!missed) return [];
  const founding = type === "group" ? 1 : 0;
  return [{ deviceId: missed.deviceId, conversationId: id, seq: founding + messages - missed.messages }];
}

async function makeConversation(log: MessageLog, seeded: SeededConversation): Promise<void> {
  const createdAt = timeOf(seeded, 0);
  const founding = foundingOf(seeded, createdAt);
  const first = founding.entries.length;
  for (let seq = 0; seq < seeded.messages || seq === 0; seq += ENTRIES) {
    const count = Math.min(ENTRIES, seeded.messages - seq);
    const entries = Array.from({ length: count }, (_, i) => message(seeded, first + seq + i + 1, seq + i + 1));
    await log.append(
      seq === 0 ? { ...founding, entries: [...founding.entries, ...entries] } : { conversationId: seeded.id, entries },
    );
  }
}

function foundingOf({ id, type, memberIds }: SeededConversation, createdAt: string): Commit {
  const isGroup = type === "group";
  const [ownerId = ""] = memberIds;
  const record: ConversationRecord = {
    conversationId: id,
    type,
    epoch: 1,
    settings: isGroup ? { name: "Everybody" } : {},
    createdAt,
    ...{ snapSeq: isGroup ? 1 : 0, snapN: 0, snapAt: createdAt, version: isGroup ? 1 : 0, floorSeq: 0 },
  };
  const members = memberIds.map((userId): Member => {
    const role = isGroup && userId === ownerId ? "owner" : "member";
    return { conversationId: id, userId, role, intervals: [{ from: 1 }], joinedAt: createdAt, asOf: isGroup ? 1 : 0 };
  });
  const common = { conversationId: id, seq: 1, id: uuidv7(), senderId: ownerId, createdAt, n: 0 };
  const create: StoredEntry = { entry: { ...common, kind: "member", op: "create", userIds: memberIds } };
  return { conversationId: id, entries: isGroup ? [create] : [], record, members };
}

/** A millisecond from one message to the next. */
function timeOf({ messages, agoMs = 0 }: SeededConversation, n: number): string {
  return new Date(started - agoMs - messages + n).toISOString();
}

function message(conversation: SeededConversation, seq: number, n: number): StoredEntry {
  const { id, memberIds } = conversation;
  const entry: MessageEntry = {
    conversationId: id,
    seq,
    id: uuidv7(),
    kind: "message",
    senderId: memberIds.at(-1) ?? "",
    clientMsgId: uuidv7(),
    createdAt: timeOf(conversation, n),
    n,
    type: "text",
    content: TEXT,
  };
  return { entry };
}
