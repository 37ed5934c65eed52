import type { DatabaseSync } from "node:sqlite";
import type { Handlers } from "./commands.ts";
import { emptying } from "./emptying.ts";
import { type PackedId, unpackId } from "./packed-id.ts";
import { prepare } from "./statement.ts";

/** Expiry and retention. */
export function sweepWrites(db: DatabaseSync): Pick<Handlers, "expire" | "prune"> {
  return { expire: expiry(db), prune: retention(db) };
}

function expiry(db: DatabaseSync): Handlers["expire"] {
  const empty = emptying(db);
  const expired = prepare<{ conv: number; seq: number; id: PackedId; expires_at: number }>(
    db,
    `SELECT conv, seq, id, expires_at FROM entries INDEXED BY entries_expiring
     WHERE expires_at <= ? AND deleted_at IS NULL ORDER BY expires_at LIMIT ?`,
  );
  const editsOf = prepare<{ seq: number }>(
    db,
    `SELECT seq FROM entries INDEXED BY entries_edits
     WHERE kind = 'edit' AND json_extract(body, '$.target') = ? AND conv = ?`,
  );
  return ({ now, limit }) => {
    const messages = expired.all(now, limit);
    for (const { conv, seq, id, expires_at } of messages) {
      empty.entry(conv, seq, expires_at);
      for (const edit of editsOf.all(unpackId(id), conv)) empty.entry(conv, edit.seq, expires_at);
      empty.view(conv, seq, expires_at);
    }
    return messages.length;
  };
}

function retention(db: DatabaseSync): Handlers["prune"] {
  const below = prepare<{ conv: number; seq: number }>(
    db,
    `SELECT e.conv, e.seq FROM conversations c JOIN records r USING (conv) JOIN entries e USING (conv)
     WHERE c.id = ? AND e.seq <= r.floor_seq ORDER BY e.seq LIMIT ?`,
  );
  const remove = ["entries", "views", "mentions"].map((table) => prepare(db, `DELETE FROM ${table} WHERE conv = ? AND seq = ?`));
  return ({ conversationId, limit }) => {
    const gone = below.all(conversationId, limit);
    for (const { conv, seq } of gone) for (const from of remove) from.run(conv, seq);
    return gone.length;
  };
}
