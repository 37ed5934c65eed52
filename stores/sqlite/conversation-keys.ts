import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

const REMEMBERED = 50_000;

/** The integer keys of conversations, on the connection that makes them. */
export class ConversationKeys {
  readonly #find;
  readonly #make;
  readonly #known = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#find = prepare<{ conv: number }>(db, "SELECT conv FROM conversations WHERE id = ?");
    this.#make = prepare<{ conv: number }>(db, "INSERT INTO conversations (id) VALUES (?) RETURNING conv");
  }

  /** Makes one for an id that has none. */
  of(conversationId: string): number {
    return this.#known.get(conversationId) ?? this.#learn(conversationId);
  }

  /** Something was rolled back, and it may be a key. */
  forget(): void {
    this.#known.clear();
  }

  #learn(conversationId: string): number {
    const row = this.#find.get(conversationId) ?? this.#make.get(conversationId);
    if (!row) throw new Error("a conversation got no key");
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(conversationId, row.conv);
    return row.conv;
  }
}
