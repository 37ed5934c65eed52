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

  test("without marks of activity lists a user's conversations all the same, those it left too", () => {
    migrate(db, 4);
    const day = 86_400_000;
    db.exec(`
      INSERT INTO conversations VALUES (1, 'old'), (2, 'new'), (3, 'left'), (4, 'empty');
      INSERT INTO records SELECT conv, 'group', 1, '{}', conv, 0, 0, 0, 0, 0, NULL, NULL FROM conversations;
      INSERT INTO members SELECT conv, 'ann', 'member', iif(id = 'left', '[{"from":1,"to":1}]', '[{"from":1}]'), 0, 1, id <> 'left'
        FROM conversations;
      INSERT INTO entries (conv, seq, n, id, kind, sender, created_at, body) VALUES
        (1, 1, 1, 'a', 'message', 'bob', ${day}, '{}'), (2, 1, 1, 'b', 'message', 'bob', ${9 * day}, '{}'),
        (3, 1, 1, 'c', 'message', 'bob', ${5 * day}, '{}'), (3, 2, 2, 'd', 'message', 'bob', ${20 * day}, '{}');
    `);
    migrate(db);
    const latest = new LogReader(db).latest("ann", 1);
    const all = new LogReader(db).latest("ann", 10);
    const places = all.map(({ membership, at }) => [membership.member.conversationId, Date.parse(at)]);
    expect(places).toEqual([
      ["new", 9 * day],
      ["left", 5 * day],
      ["old", day],
      ["empty", 4],
    ]);
    expect(latest).toEqual(all.slice(0, 1));
  });
});
