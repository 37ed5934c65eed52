import type { Clock, Timer } from "../../contracts/clock.ts";
import type { Sql } from "../sql.ts";

export interface Seen {
  id: string;
  at: Date;
}

/** A row's time never goes back. */
export async function writeSeen(sql: Pick<Sql, "query">, table: "users" | "devices", seen: Seen[]): Promise<void> {
  await sql.query(
    `UPDATE ${table} t SET last_seen_at = greatest(t.last_seen_at, s.at)
     FROM unnest($1::text[], $2::timestamptz[]) AS s (id, at) WHERE t.id = s.id`,
    [seen.map(({ id }) => id), seen.map(({ at }) => at.toISOString())],
  );
}

const WRITE_EVERY_MS = 5000;
const MOST_WAITING = 10_000;

/** Gathers "seen now" marks and writes the newest of each id every few seconds. Best effort: a failed write is dropped. */
export class SeenTimes {
  readonly #write: (seen: Seen[]) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #timer: Timer;
  #waiting = new Map<string, number>();

  constructor(clock: Clock, write: (seen: Seen[]) => Promise<void>, onError: (error: unknown) => void) {
    this.#write = write;
    this.#onError = onError;
    this.#timer = clock.every(WRITE_EVERY_MS, () => void this.flush());
  }

  mark(id: string, at: number): void {
    if (at <= (this.#waiting.get(id) ?? 0)) return;
    this.#waiting.set(id, at);
    if (this.#waiting.size >= MOST_WAITING) void this.flush();
  }

  /** The newest mark of this id that is not written yet. */
  pending(id: string): number | undefined {
    return this.#waiting.get(id);
  }

  async flush(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const seen = [...this.#waiting].map(([id, at]) => ({ id, at: new Date(at) }));
    this.#waiting = new Map();
    await this.#write(seen).catch(this.#onError);
  }

  async stop(): Promise<void> {
    this.#timer.cancel();
    await this.flush();
  }
}
