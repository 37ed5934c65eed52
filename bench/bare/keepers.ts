import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { MongoClient } from "mongodb";
import { Pool } from "pg";
import { Gathered } from "./gathered.ts";

/** A message as it is kept: its place in a conversation is its own, and so is the client's id for it. */
export interface Kept {
  conversationId: string;
  seq: number;
  clientMsgId: string;
  senderId: string;
  content: string;
}

/** Resolves when the message is kept. */
export type Keep = (message: Kept) => Promise<unknown>;

/** An insert for each. */
export async function inPostgres(url: string): Promise<Keep> {
  const pool = new Pool({ connectionString: url, max: 10 });
  await pool.query("CREATE TABLE IF NOT EXISTS bare_messages (id bigserial PRIMARY KEY, sender text, room text, content text)");
  const insert = { name: "keep", text: "INSERT INTO bare_messages (sender, room, content) VALUES ($1, $2, $3)" };
  return ({ senderId, conversationId, content }) => pool.query({ ...insert, values: [senderId, conversationId, content] });
}

/** All that come up meanwhile in one transaction, by a thread of its own, on the disk before it says so. */
export async function inSqlite(file: string): Promise<Keep> {
  const worker = new Worker(new URL("./sqlite.worker.ts", import.meta.url), { workerData: { file } });
  await once(worker, "message");
  const kept = new Gathered<Kept, void>(async (messages) => {
    worker.postMessage(
      messages.map(({ conversationId, seq, clientMsgId, senderId, content }) => [
        conversationId,
        seq,
        clientMsgId,
        senderId,
        content,
      ]),
    );
    await once(worker, "message");
    return [];
  });
  return (message) => kept.ask(message);
}

/** All that come up meanwhile in one insert, acknowledged by the majority and its journal. */
export async function inMongo(url: string): Promise<Keep> {
  const client = await MongoClient.connect(url, { writeConcern: { w: "majority", journal: true } });
  const entries = client.db("bare").collection<Kept>("entries");
  await entries.createIndex({ conversationId: 1, seq: 1 }, { unique: true });
  await entries.createIndex({ conversationId: 1, clientMsgId: 1 }, { unique: true });
  const kept = new Gathered<Kept, void>(async (messages) => {
    await entries.insertMany(messages, { ordered: false });
    return [];
  });
  return (message) => kept.ask(message);
}
