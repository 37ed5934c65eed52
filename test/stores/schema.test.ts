import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { LogReader } from "../../stores/sqlite/log-reader.ts";
import { migrate } from "../../stores/sqlite/schema.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

let folder: TemporaryFolder;
let db: DatabaseSync;

beforeEach(() => {
  folder = new TemporaryFolder();
  db = new DatabaseSync(folder.file);
});
afterEach(() => {
  db.close();
  folder.remove();
});

const uuid = "0198f3a2-5c1e-7b6d-8a90-123456789abc";

describe("a file of an older version", () => {
  test("whose log was clustered by conversation keeps every entry", () => {
    migrate(db, 3);
    db.exec(`
      INSERT INTO conversations VALUES (1, 'c');
      INSERT INTO records VALUES (1, 'direct', 1, '{}', 0, 0, 0, 0, 0, 0, NULL, NULL);
      INSERT INTO entries (conv, seq, n, id, kind, sender, client_msg_id, created_at, body) VALUES
        (1, 1, 1, '${uuid}', 'message', 'ann', '${uuid.toUpperCase()}', 1, '{"content":"one"}'),
        (1, 2, 2, 'no-uuid', 'message', '${uuid}', '${uuid}', 2, '{"content":"two"}');
    `);
    migrate(db);
    const reader = new LogReader(db);
    const [one, two] = reader.entries("c", { after: 0, limit: 10 }).map(({ entry }) => entry);
    expect(one).toMatchObject({ seq: 1, id: uuid, senderId: "ann", clientMsgId: uuid.toUpperCase(), content: "one" });
    expect(two).toMatchObject({ seq: 2, id: "no-uuid", senderId: uuid, clientMsgId: uuid, content: "two" });
    expect([uuid, "no-uuid"].map((id) => reader.locate(id)?.seq)).toEqual([1, 2]);
    expect(reader.findByClientMsgId("c", [{ senderId: uuid, clientMsgId: uuid }])).toHaveLength(1);
  });
});
