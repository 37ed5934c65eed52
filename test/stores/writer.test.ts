import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Commit } from "../../stores/message-log.ts";
import type { Answer, Command } from "../../stores/sqlite/commands.ts";
import { encodeCommit } from "../../stores/sqlite/commit-codec.ts";
import { openWriter } from "../../stores/sqlite/connection.ts";
import { LogReader } from "../../stores/sqlite/log-reader.ts";
import { ParticipationReader } from "../../stores/sqlite/participation-reader.ts";
import { migrate } from "../../stores/sqlite/schema.ts";
import { Writer } from "../../stores/sqlite/writer.ts";
import { TestConversation } from "../contract/test-conversation.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const FULL = 2;
let folder: TemporaryFolder;
let db: DatabaseSync;
const statements: string[] = [];

beforeEach(() => {
  folder = new TemporaryFolder();
  db = openWriter(folder.file);
  migrate(db);
  const prepare = db.prepare.bind(db);
  db.prepare = (sql) => {
    statements.push(sql);
    return prepare(sql);
  };
});
afterEach(() => {
  db.close();
  folder.remove();
});

const commit = (of: Commit): Command => ["commit", encodeCommit(of)];
const first = (content: string): Commit => {
  const c = new TestConversation();
  return c.commit([c.message({ content })], { record: c.record() });
};
const refused = (answer: Answer) =>
  "outcomes" in answer && answer.outcomes.map((outcome) => outcome !== null && "refused" in outcome);
const stored = () => db.prepare("SELECT count(*) AS count FROM entries").get()?.count;

describe("a transaction of the writer", () => {
  test("is on the disk when it is done", () => {
    expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: FULL });
  });

  test("keeps what is right in a batch where something is wrong", () => {
    const writer = new Writer(db);
    const wrong = new TestConversation();
    const batch = [first("a"), wrong.commit([wrong.message()]), first("b")];
    expect(refused(writer.run(batch.map(commit)))).toEqual([false, true, false]);
    expect(stored()).toBe(2);
  });

  test("knows where each log ends after some of it was taken back", () => {
    const writer = new Writer(db);
    const c = new TestConversation();
    const founded = c.commit([], { record: c.record() });
    const [one, again, two] = [c.message(), c.message({ seq: 1 }), c.message({ seq: 2 })];
    const batch = [founded, c.commit([one]), c.commit([again]), c.commit([two])];
    expect(refused(writer.run(batch.map(commit)))).toEqual([false, false, true, false]);
    expect(refused(writer.run([commit(c.commit([c.message({ seq: 3 })]))]))).toEqual([false]);
    expect(stored()).toBe(3);
  });

  test("refuses the whole batch when the disk is full, and goes on when it is not", () => {
    const writer = new Writer(db);
    const { page_count } = db.prepare("PRAGMA page_count").get() as { page_count: number };
    db.exec(`PRAGMA max_page_count = ${page_count + 8}`);
    const batch = [first("small"), first("x".repeat(100_000)), first("small too")];
    expect(refused(writer.run(batch.map(commit)))).toEqual([true, true, true]);
    expect(stored()).toBe(0);
    db.exec("PRAGMA max_page_count = 1000000");
    expect(refused(writer.run(batch.map(commit)))).toEqual([false, false, false]);
  });

  test("does not know when COMMIT fails, and goes on with the next", () => {
    const writer = new Writer(db);
    db.exec(`
      PRAGMA foreign_keys = ON;
      CREATE TABLE parent (id INTEGER PRIMARY KEY);
      CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER fails_at_commit AFTER INSERT ON entries BEGIN INSERT INTO child VALUES (1); END;
    `);
    expect(writer.run([commit(first("a"))])).toEqual({ unknown: expect.stringContaining("FOREIGN KEY") });
    db.exec("DROP TRIGGER fails_at_commit");
    expect(refused(writer.run([commit(first("b"))]))).toEqual([false]);
    expect(stored()).toBe(1);
  });
});

describe("every statement", () => {
  test("finds its rows by an index, and in the order it wants them", () => {
    statements.length = 0;
    for (const part of [Writer, LogReader, ParticipationReader]) new part(db);
    const planned = statements.filter((sql) => /^\s*(SELECT|UPDATE|DELETE|INSERT)/.test(sql));
    expect(planned.length).toBeGreaterThan(40);
    const plans = planned.map((sql) => ({ sql, plan: planOf(sql) }));
    expect(plans.filter(({ plan }) => plan.some((step) => step.startsWith("SCAN")))).toEqual([]);
    const sorting = plans.filter(({ plan }) => plan.some((step) => step.includes("TEMP B-TREE")));
    expect(sorting.map(({ sql }) => sql)).toEqual([expect.stringContaining("GROUP BY sender")]);
  });

  const planOf = (sql: string) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail));
});
