import type { DatabaseSync } from "node:sqlite";
import { logQueries as sql } from "./log-queries.ts";
import { prepare } from "./statement.ts";

const REMEMBERED = 50_000;

/** The integer keys of conversations, on a connection that sees committed data only: there a key is for ever. */
export class KnownKeys {
  readonly #find;
  readonly #known = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#find = prepare<{ conv: number }>(db, sql.key);
  }

  /** undefined: no such conversation. */
  of(conversationId: string): number | undefined {
    return this.#known.get(conversationId) ?? this.#learn(conversationId);
  }

  #learn(conversationId: string): number | undefined {
    const row = this.#find.get(conversationId);
    if (!row) return undefined;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(conversationId, row.conv);
    return row.conv;
  }
}
