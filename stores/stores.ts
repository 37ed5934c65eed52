import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { MessageLog } from "./message-log.ts";
import { openMessageStore } from "./message-store.sqlite.ts";
import type { ParticipationStore } from "./participation.ts";
import { openPglite } from "./sql.pglite.ts";
import type { Sql } from "./sql.ts";

/** The message log and what lies beside it; one database. */
export interface MessageStore {
  log: MessageLog;
  participation: ParticipationStore;
}

/** Opens each store when it is first asked for; whoever asks again gets the same. */
export interface Stores {
  /** Accounts, devices, groups. Migrated when it resolves. */
  sql(): Promise<Sql>;
  messages(): Promise<MessageStore>;
  /** Writes out what is pending and closes what was opened. */
  close(): Promise<void>;
}

/** The embedded profile: everything in `config.dataDir`, which nobody else on the machine may read if it is made here. */
export function embeddedStores(config: Config): Stores {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  let sql: Promise<Sql> | undefined;
  let messages: Promise<MessageStore> | undefined;
  return {
    sql() {
      return (sql ??= openPglite(join(config.dataDir, "accounts")));
    },
    messages() {
      return (messages ??= openMessageStore(join(config.dataDir, "messages.sqlite")));
    },
    async close() {
      const store = await messages;
      await store?.participation.close();
      await store?.log.close();
      await (await sql)?.close();
    },
  };
}
