import type { DatabaseSync } from "node:sqlite";
import type { EncodedCommit, EncodedDerived, EntryRow, Handlers, RecordRow, ViewRow } from "./commands.ts";
import type { ConversationKeys } from "./conversation-keys.ts";
import { ACTIVITY_MS } from "./conversation-ranks.ts";
import { emptying } from "./emptying.ts";
import type { LogEnd, LogEnds } from "./log-ends.ts";
import { packId } from "./packed-id.ts";
import { Refusal } from "./refusal.ts";
import { prepare } from "./statement.ts";

const statements = (db: DatabaseSync) => ({
  insertEntry: prepare(
    db,
    `INSERT INTO entries (conv, seq, n, id, kind, sender, client_msg_id, created_at, expires_at, deleted_at, hidden_for, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ),
  emptiedMessage: prepare<{ deleted_at: number }>(
    db,
    `SELECT deleted_at FROM entries INDEXED BY entries_message_id
     WHERE conv = ? AND id = ? AND kind = 'message' AND deleted_at IS NOT NULL`,
  ),
  emptiedAt: prepare<{ deleted_at: number }>(
    db,
    "SELECT deleted_at FROM entries WHERE conv = ? AND seq = ? AND deleted_at IS NOT NULL",
  ),
  insertMention: prepare(db, "INSERT OR IGNORE INTO mentions (conv, user, seq, sender) VALUES (?, ?, ?, ?)"),
  putMember: prepare(
    db,
    `INSERT INTO members (conv, user, role, intervals, joined_at, as_of, present, active_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce((SELECT created_at FROM entries WHERE conv = ?1 AND seq = ?6),
       (SELECT active_at FROM records WHERE conv = ?1), 0))
     ON CONFLICT (conv, user) DO UPDATE SET role = excluded.role, intervals = excluded.intervals,
       joined_at = excluded.joined_at, as_of = excluded.as_of, present = excluded.present, active_at = excluded.active_at
     WHERE excluded.as_of > as_of`,
  ),
  putView: prepare(
    db,
    `INSERT INTO views (conv, seq, as_of, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (conv, seq) DO UPDATE SET as_of = excluded.as_of, body = excluded.body WHERE excluded.as_of > as_of`,
  ),
  putRecord: prepare(
    db,
    `INSERT INTO records (conv, type, epoch, settings, created_at, snap_seq, snap_n, snap_at, version, floor_seq)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (conv) DO UPDATE SET type = excluded.type, epoch = excluded.epoch, settings = excluded.settings,
       created_at = excluded.created_at, snap_seq = excluded.snap_seq, snap_n = excluded.snap_n,
       snap_at = excluded.snap_at, version = excluded.version
     WHERE excluded.snap_seq > snap_seq`,
  ),
  raiseFloor: prepare(db, "UPDATE records SET floor_seq = ?2 WHERE conv = ?1 AND floor_seq < ?2"),
  mark: prepare(db, "UPDATE records SET active_on = ? WHERE conv = ?"),
  unmark: prepare(
    db,
    "UPDATE records SET active_on = NULL WHERE conv = (SELECT conv FROM conversations WHERE id = ?) AND active_on = ?",
  ),
  activate: prepare(db, "UPDATE records SET active_at = ? WHERE conv = ?"),
  activateMembers: prepare(db, "UPDATE members SET active_at = ? WHERE conv = ? AND present = 1"),
  setOldest: prepare(
    db,
    `UPDATE records SET oldest_at =
       (SELECT created_at FROM entries e WHERE e.conv = records.conv AND e.seq > floor_seq ORDER BY e.seq LIMIT 1)
     WHERE conv = ?`,
  ),
});

/** The writer's side of `append` and `unmark`. To throw leaves half of it written: whoever runs it rolls that back. */
export function logWrites(db: DatabaseSync, keys: ConversationKeys, ends: LogEnds): Pick<Handlers, "commit" | "unmark"> {
  const writes = new LogWrites(db, keys, ends);
  return {
    commit: (commit) => writes.commit(commit),
    unmark: ({ incarnation, conversationIds }) => writes.unmark(incarnation, conversationIds),
  };
}

class LogWrites {
  readonly #keys: ConversationKeys;
  readonly #ends: LogEnds;
  readonly #sql: ReturnType<typeof statements>;
  readonly #empty: ReturnType<typeof emptying>;

  constructor(db: DatabaseSync, keys: ConversationKeys, ends: LogEnds) {
    this.#keys = keys;
    this.#ends = ends;
    this.#sql = statements(db);
    this.#empty = emptying(db);
  }

  commit([conversationId, entries, derived]: EncodedCommit): null {
    const conv = this.#keys.of(conversationId);
    const end = this.#ends.of(conv);
    if (!end && !derived?.record) throw new Refusal("refused", "the first commit of a conversation carries its record");
    const lastSeq = this.#append(conv, entries, end?.lastSeq ?? 0);
    if (derived) this.#derive(conv, derived);
    const activeAt = this.#noteActivity(conv, entries.at(-1)?.[6] ?? derived?.record?.[3], end);
    if (derived?.record || (entries.length > 0 && !end?.hasEntries)) this.#sql.setOldest.run(conv);
    this.#emptyLatecomers(conv, entries, derived?.views ?? []);
    for (const seq of derived?.blank?.seqs ?? []) this.#empty.entry(conv, seq, derived?.blank?.deletedAt ?? 0);
    if (derived?.record) this.#ends.forgetOne(conv);
    else if (entries.length > 0) this.#ends.set(conv, { lastSeq, hasEntries: true, activeAt });
    return null;
  }

  unmark(incarnation: string, conversationIds: string[]): null {
    for (const id of conversationIds) this.#sql.unmark.run(id, incarnation);
    return null;
  }

  /** See the schema's `active_at`; `at`: of the last entry, or of the making of the conversation. */
  #noteActivity(conv: number, at: number | undefined, end: LogEnd | undefined): number {
    const before = end?.activeAt ?? Number.NEGATIVE_INFINITY;
    if (at === undefined || at < before + ACTIVITY_MS) return before;
    this.#sql.activate.run(at, conv);
    this.#sql.activateMembers.run(at, conv);
    return at;
  }

  /** What a message's expiry has overtaken is emptied as the message is. */
  #emptyLatecomers(conv: number, entries: EntryRow[], views: ViewRow[]): void {
    for (const [seq, , , kind, , , , , , , body] of entries) {
      if (kind !== "edit") continue;
      const message = this.#sql.emptiedMessage.get(conv, packId((JSON.parse(body) as { target: string }).target));
      if (message) this.#empty.entry(conv, seq, message.deleted_at);
    }
    for (const [seq] of views) {
      const message = this.#sql.emptiedAt.get(conv, seq);
      if (message) this.#empty.view(conv, seq, message.deleted_at);
    }
  }

  /** An entry is stored only behind the one before it. */
  #append(conv: number, entries: EntryRow[], lastSeq: number): number {
    let last = lastSeq;
    for (const row of entries) {
      if (row[0] !== last + 1) throw new Refusal("seq", `${row[0]} after ${last}`);
      this.#insert(conv, row);
      last = row[0];
    }
    return last;
  }

  #insert(conv: number, [seq, n, id, kind, sender, clientMsgId, ...rest]: EntryRow): void {
    try {
      const write = clientMsgId === null ? null : packId(clientMsgId);
      this.#sql.insertEntry.run(conv, seq, n, packId(id), kind, packId(sender), write, ...rest);
    } catch (error) {
      if (String(error).includes("entries.client_msg_id")) throw new Refusal("clientMsgId", String(error));
      throw error;
    }
  }

  #derive(conv: number, { mentions, members, views, record, activeOn }: EncodedDerived): void {
    for (const [user, seq, sender] of mentions) this.#sql.insertMention.run(conv, user, seq, sender);
    for (const member of members) this.#sql.putMember.run(conv, ...member);
    for (const view of views) this.#sql.putView.run(conv, ...view);
    if (record) this.#putRecord(conv, record);
    if (activeOn !== undefined) this.#sql.mark.run(activeOn, conv);
  }

  /** The floor rises whether the snapshot beside it is newer or not: retention and the conversation both write records. */
  #putRecord(conv: number, record: RecordRow): void {
    this.#sql.putRecord.run(conv, ...record);
    this.#sql.raiseFloor.run(conv, record[8]);
  }
}
