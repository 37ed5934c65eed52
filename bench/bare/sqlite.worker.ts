import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** Writes a batch of rows in one transaction, and answers when they are on the disk. */
const database = new DatabaseSync((workerData as { file: string }).file);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
database.exec("CREATE TABLE messages (conversation TEXT, seq INTEGER, client_id TEXT, sender TEXT, content TEXT)");
database.exec("CREATE UNIQUE INDEX by_seq ON messages (conversation, seq)");
database.exec("CREATE UNIQUE INDEX by_client_id ON messages (client_id)");
const insert = database.prepare("INSERT INTO messages VALUES (?, ?, ?, ?, ?)");

parentPort?.on("message", (rows: (string | number)[][]) => {
  database.exec("BEGIN");
  for (const row of rows) insert.run(...row);
  database.exec("COMMIT");
  parentPort?.postMessage("kept");
});
parentPort?.postMessage("ready");
