import type { Db, IndexDescription } from "mongodb";
import type { CollectionName } from "./documents.ts";

/** The index that says no to a second entry with the same `seq`, */
export const seqIndex = "seq";
/** and to a write that is stored already. Sparse: changes without a client's id do not collide. */
export const writeKeyIndex = "writeKey";

/** The indexes beside `_id`. None ever expires anything: a hole in a log would look like a loss. */
const indexes: Record<CollectionName, IndexDescription[]> = {
  entries: [
    { name: seqIndex, key: { conversationId: 1, seq: 1 }, unique: true },
    { name: writeKeyIndex, key: { writeKey: 1 }, unique: true, sparse: true },
    // Pages through messages only, however many reactions lie between.
    { name: "messages", key: { conversationId: 1, kind: 1, seq: 1 } },
    {
      name: "mentions",
      key: { conversationId: 1, mentions: 1, seq: 1 },
      partialFilterExpression: { kind: "message", mentions: { $exists: true } },
    },
    // A message's edits, which are emptied with it.
    { name: "edits", key: { target: 1 }, partialFilterExpression: { kind: "edit" } },
    { name: "due", key: { dueAt: 1 }, sparse: true },
  ],
  views: [{ name: "message", key: { conversationId: 1, seq: 1 }, unique: true }],
  records: [
    { name: "oldest", key: { oldestAt: 1, _id: 1 }, partialFilterExpression: { oldestAt: { $exists: true } } },
    // Few are marked at any time.
    { name: "active", key: { activeOn: 1, _id: 1 }, partialFilterExpression: { activeOn: { $exists: true } } },
  ],
  participants: [
    { name: "participant", key: { conversationId: 1, userId: 1 }, unique: true },
    { name: "user", key: { userId: 1, conversationId: 1 } },
  ],
  deviceCursors: [
    { name: "device", key: { deviceId: 1, conversationId: 1 }, unique: true },
    // Without `seq`, so that a cursor that moves leaves it alone.
    { name: "conversation", key: { conversationId: 1 } },
  ],
  settings: [{ name: "participant", key: { userId: 1, conversationId: 1 }, unique: true }],
  hidden: [{ name: "message", key: { userId: 1, conversationId: 1, seq: 1 }, unique: true }],
  changes: [{ name: "number", key: { userId: 1, changeSeq: 1 }, unique: true }],
};

/** Makes the indexes that are not there. Any number of nodes may do it at once, and again. */
export async function makeIndexes(db: Db): Promise<void> {
  for (const [name, wanted] of Object.entries(indexes)) await db.collection(name).createIndexes(wanted);
}
