import type { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { lockFolder } from "./folder-lock.ts";
import { SqliteMessageLog } from "./message-log.sqlite.ts";
import type { MessageStore } from "./message-store.ts";
import { SqliteParticipation } from "./participation.sqlite.ts";
import { openReader, openWriter } from "./sqlite/connection.ts";
import { MessageDatabase } from "./sqlite/message-database.ts";
import { migrate } from "./sqlite/schema.ts";
import { type WriteLimits, WriteQueue, writeLimits } from "./sqlite/write-queue.ts";
import { spawnWriter } from "./sqlite/writer-thread.ts";

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
    const reader = openMigrated(file);
    const writes = new WriteQueue({ clock, spawn: () => spawn(file), limits: { ...writeLimits, ...limits } });
    await started(reader, writes);
    const database = new MessageDatabase(reader, writes, lock);
    return { log: new SqliteMessageLog(database), participation: new SqliteParticipation(database, clock) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The reading connection, to a file that is made and brought to the newest version if need be. */
function openMigrated(file: string): DatabaseSync {
  const writer = openWriter(file);
  try {
    migrate(writer);
  } finally {
    writer.close();
  }
  return openReader(file);
}

async function started(reader: DatabaseSync, writes: WriteQueue): Promise<void> {
  try {
    await writes.submit("ping", null);
  } catch (cause) {
    reader.close();
    await writes.close();
    throw new Error("the writer of the message store did not start", { cause });
  }
}
