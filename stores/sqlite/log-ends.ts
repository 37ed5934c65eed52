import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

export interface LogEnd {
  lastSeq: number;
  /** Above the floor. */
  hasEntries: boolean;
  /** Milliseconds; at most a day behind. */
  activeAt: number;
}

const REMEMBERED = 50_000;

/** Where logs end, by key. Nobody else writes to the file, so what the writer did last is how it is. */
export class LogEnds {
  readonly #read;
  readonly #known = new Map<number, LogEnd>();

  constructor(db: DatabaseSync) {
    this.#read = prepare<{ last_seq: number; oldest_at: number | null; active_at: number }>(
      db,
      `SELECT coalesce((SELECT max(seq) FROM entries WHERE conv = r.conv), floor_seq) AS last_seq, oldest_at, active_at
       FROM records r WHERE conv = ?`,
    );
  }

  /** undefined: no such conversation. */
  of(conv: number): LogEnd | undefined {
    const known = this.#known.get(conv);
    if (known) return known;
    const row = this.#read.get(conv);
    return row && this.set(conv, { lastSeq: row.last_seq, hasEntries: row.oldest_at !== null, activeAt: row.active_at });
  }

  set(conv: number, end: LogEnd): LogEnd {
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(conv, end);
    return end;
  }

  /** It may have changed. */
  forgetOne(conv: number): void {
    this.#known.delete(conv);
  }

  /** Something was rolled back. */
  forget(): void {
    this.#known.clear();
  }
}
