import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

/** A JSON body with what its author wrote taken out. */
const emptied = "json_remove(json_set(body, '$.content', ''), '$.metadata', '$.mentions', '$.attachments')";

/** Takes the content out of messages, edits and views for good. The first `deletedAt` of a message stays. */
export function emptying(db: DatabaseSync) {
  const blank = prepare(
    db,
    `UPDATE entries SET body = ${emptied},
       deleted_at = CASE kind WHEN 'message' THEN coalesce(deleted_at, ?1) END
     WHERE conv = ?2 AND seq = ?3 AND kind IN ('message', 'edit')`,
  );
  const forgetMentions = prepare(db, "DELETE FROM mentions WHERE conv = ? AND seq = ?");
  const blankView = prepare(
    db,
    `UPDATE views SET body = json_set(${emptied}, '$.deletedAt',
       coalesce(json_extract(body, '$.deletedAt'), strftime('%Y-%m-%dT%H:%M:%fZ', ?1 / 1000.0, 'unixepoch')))
     WHERE conv = ?2 AND seq = ?3`,
  );
  return {
    entry(conv: number, seq: number, deletedAt: number): void {
      blank.run(deletedAt, conv, seq);
      forgetMentions.run(conv, seq);
    },
    view: (conv: number, seq: number, deletedAt: number) => blankView.run(deletedAt, conv, seq),
  };
}
