import type { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { lockFolder } from "./folder-lock.ts";
import { SqliteMessageLog } from "./message-log.sqlite.ts";
import { SqliteParticipation } from "./participation.sqlite.ts";
import { openWriter } from "./sqlite/connection.ts";
import { MessageDatabase } from "./sqlite/message-database.ts";
import { migrate } from "./sqlite/schema.ts";
import { type WriteLimits, WriteQueue, writeLimits } from "./sqlite/write-queue.ts";
import { spawnWriter } from "./sqlite/writer-thread.ts";
import type { MessageStore } from "./stores.ts";

export interface MessageStoreOptions {
  clock?: Clock;
  limits?: Partial<WriteLimits>;
  /** Starts the thread that writes. */
  spawn?: (file: string) => Worker;
}

/**
 * The message store in the SQLite file `file`, made if it is not there. One process at a time: a second one is refused.
 * `log.close` closes it all; close `participation` before, so that it can write what is pending.
 */
export async function openMessageStore(file: string, options: MessageStoreOptions = {}): Promise<MessageStore> {
  const { clock = systemClock, limits, spawn = spawnWriter } = options;
  const lock = lockFolder(file);
  try {
    prepareFile(file);
    const writes = new WriteQueue({ clock, spawn: () => spawn(file), limits: { ...writeLimits, ...limits } });
    const database = new MessageDatabase(file, lock, writes);
    return { log: new SqliteMessageLog(database), participation: new SqliteParticipation(database, clock) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function prepareFile(file: string): void {
  const db = openWriter(file);
  try {
    migrate(db);
  } finally {
    db.close();
  }
}
