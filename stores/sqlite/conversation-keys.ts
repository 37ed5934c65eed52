import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

/** A conversation's integer key; makes one for an id that has none. */
export function conversationKeys(db: DatabaseSync): (conversationId: string) => number {
  const find = prepare<{ conv: number }>(db, "SELECT conv FROM conversations WHERE id = ?");
  const make = prepare<{ conv: number }>(db, "INSERT INTO conversations (id) VALUES (?) RETURNING conv");
  return (conversationId) => {
    const row = find.get(conversationId) ?? make.get(conversationId);
    if (!row) throw new Error("a conversation got no key");
    return row.conv;
  };
}
