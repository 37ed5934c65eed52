import { afterAll, beforeAll } from "@jest/globals";
import { MongoClient } from "mongodb";
import { type MongoStoreOptions, openMongoStore } from "../../stores/message-store.mongo.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { type MongoDatabase, mongoDatabase } from "../servers/mongo.ts";

/** For machines with much else to do. What limits do is tested where servers are made slow. */
const patient = { timeMs: 60_000, serverMs: 50_000, primaryMs: 50_000, connectionMs: 50_000, socketMs: 60_000 };

/** Opens message stores in databases of their own, which go after the last test of this file. Whoever opens one closes it. */
export function temporaryMongoStores(): (options?: MongoStoreOptions) => Promise<MessageStore> {
  let database: MongoDatabase;
  const opened: string[] = [];
  beforeAll(async () => {
    database = await mongoDatabase();
  });
  afterAll(async () => {
    // A server of our own goes with its data.
    if (process.env.MONGO_URL) await drop(opened);
    await database.remove();
  });
  return (options) => {
    const url = `${database.url}-${opened.length + 1}`;
    opened.push(url);
    return openMongoStore(url, { limits: patient, ...options });
  };
}

async function drop([first, ...others]: string[]): Promise<void> {
  if (!first) return;
  const client = new MongoClient(first);
  await client.db().dropDatabase();
  for (const url of others) await client.db(new URL(url).pathname.slice(1)).dropDatabase();
  await client.close();
}
