import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { openMessageStore } from "./message-store.sqlite.ts";
import type { MessageStore } from "./message-store.ts";
import { openPglite } from "./sql.pglite.ts";
import type { Sql } from "./sql.ts";

/** Opens each store when it is first asked for; whoever asks again gets the same. */
export interface Stores {
  /** Accounts, devices, groups. Migrated when it resolves. */
  sql(): Promise<Sql>;
  messages(): Promise<MessageStore>;
  /** Writes out what is pending and closes what was opened. */
  close(): Promise<void>;
}

/** Each store as the settings want it: a server where they name one, else embedded. */
export function storesOf(config: Config): Stores {
  let sql: Promise<Sql> | undefined;
  let messages: Promise<MessageStore> | undefined;
  return {
    sql: () => (sql ??= openSql(config)),
    messages: () => (messages ??= openMessages(config)),
    async close() {
      const store = await messages;
      await store?.participation.close();
      await store?.log.close();
      await (await sql)?.close();
    },
  };
}

async function openSql(config: Config): Promise<Sql> {
  return openPglite(embedded(config, "accounts"));
}

async function openMessages(config: Config): Promise<MessageStore> {
  return openMessageStore(embedded(config, "messages.sqlite"));
}

/** A place in the data folder, which nobody else on the machine may read if it is made here. */
function embedded({ dataDir }: Config, name: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return join(dataDir, name);
}
