/**
 * A program that appends to ten conversations of the message store named by its argument until it is killed.
 * It prints a line `<conversation> <seq> <id>` for each entry that was acknowledged.
 */
import { randomInt, randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import type { StoredEntry } from "../../stores/message-log.ts";
import { openMessageStore } from "../../stores/message-store.sqlite.ts";

const [file = ""] = process.argv.slice(2);
const { log } = await openMessageStore(file);

function message(conversationId: string, seq: number, createdAt: string): StoredEntry {
  const id = randomUUID();
  const base = { conversationId, seq, id, senderId: "ann", clientMsgId: id, createdAt, n: seq };
  return { entry: { ...base, kind: "message", type: "text", content: "x".repeat(randomInt(1, 3000)) } };
}

async function appendForever(conversationId: string): Promise<never> {
  const now = new Date().toISOString();
  const snapshot = { snapSeq: 0, snapN: 0, snapAt: now, version: 0, floorSeq: 0 };
  const made = { conversationId, type: "group", epoch: 1, settings: {}, createdAt: now, ...snapshot } as const;
  for (let seq = (await log.load(conversationId))?.last.seq ?? 0; ; ) {
    const entries = Array.from({ length: randomInt(1, 4) }, (_, i) => message(conversationId, seq + 1 + i, now));
    await log.append({ conversationId, entries, record: made });
    seq += entries.length;
    writeSync(1, entries.map(({ entry }) => `${conversationId} ${entry.seq} ${entry.id}\n`).join(""));
  }
}

await Promise.all(Array.from({ length: 10 }, (_, i) => appendForever(`conversation-${i}`)));
