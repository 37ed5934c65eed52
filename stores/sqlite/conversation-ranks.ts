import type { DatabaseSync } from "node:sqlite";
import { logQueries as sql } from "./log-queries.ts";
import { prepare, type Statement } from "./statement.ts";

/** `active_at` is less than so much behind. */
export const ACTIVITY_MS = 86_400_000;

interface Ranked {
  conv: number;
  /** When something last came that the user may see. */
  at: number;
}

interface Marked extends Ranked {
  active_at: number;
}

/**
 * A user's conversations by when they were last active. They are read in the order of their marks, and no further than
 * where nothing can be newer than what is found: most of many conversations are not looked at.
 */
export class ConversationRanks {
  readonly #db: DatabaseSync;
  readonly #byMark: Statement<Marked>;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#byMark = prepare<Marked>(db, sql.latest);
  }

  /** All of it from one snapshot: a conversation that is marked meanwhile is not passed over. */
  latest(userId: string, limit: number, before: Ranked = newest): Ranked[] {
    this.#db.exec("BEGIN");
    try {
      return this.#latest(userId, limit, before);
    } finally {
      this.#db.exec("COMMIT");
    }
  }

  #latest(userId: string, limit: number, before: Ranked): Ranked[] {
    const found: Ranked[] = [];
    let mark = [before.at, Number.MAX_SAFE_INTEGER] as const;
    for (let size = limit; ; size *= 4) {
      const rows = this.#byMark.all(userId, ...mark, size);
      found.push(...rows.filter((row) => byRank(before, row) < 0));
      found.sort(byRank);
      const last = rows.at(-1);
      if (!last || rows.length < size || isSettled(found[limit - 1], last)) return found.slice(0, limit);
      mark = [last.active_at, last.conv];
    }
  }
}

const newest: Ranked = { at: Number.MAX_SAFE_INTEGER, conv: Number.MAX_SAFE_INTEGER };

/** Newest first. */
const byRank = (a: Ranked, b: Ranked): number => b.at - a.at || b.conv - a.conv;

/** Whether nothing behind `read` can come before what was found last. */
const isSettled = (found: Ranked | undefined, read: Marked): boolean =>
  found !== undefined && found.at >= read.active_at + ACTIVITY_MS;
