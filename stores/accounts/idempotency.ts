import type { Clock } from "../../contracts/clock.ts";
import type { Sql } from "../sql.ts";

/** What is known of a request that carries an Idempotency-Key. */
export type Begun =
  /** It is the caller's to run, and then to `finish` or `abandon`. */
  | { state: "new" }
  /** It ran before; this was the answer. */
  | { state: "done"; status: number; body: string }
  /** The first one has not answered yet. */
  | { state: "running" }
  /** The key was used for another request. */
  | { state: "mismatch" };

/**
 * Answers to REST writes, kept so that a repeated request gets the first answer. Of any number of requests at
 * once with one (user, key), on any nodes, exactly one is "new". All is durable on return.
 */
export interface IdempotencyKeys {
  /** `fingerprint` stands for route and body. */
  begin(userId: string, key: string, fingerprint: string): Promise<Begun>;
  finish(userId: string, key: string, status: number, body: string): Promise<void>;
  /** Nothing was done: the key is free again. */
  abandon(userId: string, key: string): Promise<void>;
  /** Forgets those begun before `before` (milliseconds since 1970). */
  sweep(before: number): Promise<void>;
}

/** A request that has neither finished nor been abandoned after this long died with its process. */
const DEAD_AFTER_MS = 120_000;

interface Row {
  fingerprint: string;
  status: number | null;
  body: string | null;
}

const BEGIN = `
  INSERT INTO idempotency_keys AS k (user_id, key, fingerprint, created_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (user_id, key) DO UPDATE SET created_at = excluded.created_at
  WHERE k.status IS NULL AND k.fingerprint = excluded.fingerprint AND k.created_at < $5
  RETURNING user_id`;

export function idempotencyKeys(sql: Sql, clock: Clock): IdempotencyKeys {
  return {
    async begin(userId, key, fingerprint) {
      const now = clock.now();
      const mine = await sql.query(BEGIN, [userId, key, fingerprint, new Date(now), new Date(now - DEAD_AFTER_MS)]);
      if (mine.length) return { state: "new" };
      const find = "SELECT fingerprint, status, body FROM idempotency_keys WHERE user_id = $1 AND key = $2";
      const [row] = await sql.query<Row>(find, [userId, key]);
      // Abandoned between the two statements: the caller's next try will find it free.
      if (!row) return { state: "running" };
      if (row.fingerprint !== fingerprint) return { state: "mismatch" };
      return row.status === null ? { state: "running" } : { state: "done", status: row.status, body: row.body ?? "" };
    },
    async finish(userId, key, status, body) {
      const finish = "UPDATE idempotency_keys SET status = $3, body = $4 WHERE user_id = $1 AND key = $2";
      await sql.query(finish, [userId, key, status, body]);
    },
    async abandon(userId, key) {
      await sql.query("DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND status IS NULL", [userId, key]);
    },
    async sweep(before) {
      await sql.query("DELETE FROM idempotency_keys WHERE created_at < $1", [new Date(before)]);
    },
  };
}
