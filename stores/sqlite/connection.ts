import { DatabaseSync } from "node:sqlite";

/** Milliseconds a connection waits for a lock, which only a foreign program could hold. */
const BUSY_MS = 10_000;

/** The one connection that writes. What it committed survives the death of the machine. */
export function openWriter(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: BUSY_MS });
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
  `);
  return db;
}

/** A connection that sees what is committed and changes nothing. The file must be there. */
export function openReader(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
  db.exec("PRAGMA cache_size = -32768");
  return db;
}
