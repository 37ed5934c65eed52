import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { MessageStore } from "./message-store.ts";
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
      const store = await opened(messages);
      await store?.participation.close();
      await store?.log.close();
      await (await opened(sql))?.close();
    },
  };
}

/** What could not be opened need not be closed. */
const opened = async <T>(opening: Promise<T> | undefined) => opening?.catch(() => undefined);

/** A node loads the driver of what it opens, and no other. */
async function openSql(config: Config): Promise<Sql> {
  const { databaseUrl: url, databaseReplicaUrls: replicaUrls, databaseConnections: connections } = config;
  if (url) return (await import("./sql.postgres.ts")).openPostgres({ url, replicaUrls, connections });
  return (await import("./sql.pglite.ts")).openPglite(embedded(config, "accounts"));
}

async function openMessages(config: Config): Promise<MessageStore> {
  if (config.mongoUrl) return (await import("./message-store.mongo.ts")).openMongoStore(config.mongoUrl);
  const { openMessageStore } = await import("./message-store.sqlite.ts");
  return openMessageStore(embedded(config, "messages.sqlite"));
}

/** A place in the data folder, which nobody else on the machine may read if it is made here. */
function embedded({ dataDir }: Config, name: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return join(dataDir, name);
}
