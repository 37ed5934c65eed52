import { type Commit, CommitRefused, CommitUnknown, type StoredEntry } from "../message-log.ts";
import { DerivedRows } from "./derived-rows.ts";
import type { EntryDocument } from "./documents.ts";
import { encodeEntry } from "./entry-codec.ts";
import { EntryInserts } from "./entry-inserts.ts";
import type { LogEnd, LogEnds } from "./log-ends.ts";
import type { MongoDatabase } from "./mongo-database.ts";

/**
 * Appends commits without transactions. What does not derive from a commit's entries is written before them (so that
 * no entry is in a log that has no record, or under another's mark), what does derive behind them, the record last.
 * Cut short anywhere, it leaves a log without a hole and rows that are behind it, which the next activation brings up.
 */
export class LogWriter {
  readonly #ends: LogEnds;
  readonly #inserts: EntryInserts;
  readonly #rows: DerivedRows;

  constructor(database: MongoDatabase, ends: LogEnds) {
    this.#ends = ends;
    this.#inserts = new EntryInserts(database);
    this.#rows = new DerivedRows(database);
  }

  async append(commit: Commit): Promise<void> {
    const { conversationId, entries, record } = commit;
    const end = await this.#ends.of(conversationId);
    if (!end && !record) throw new CommitRefused("refused", { cause: "the first commit of a conversation carries its record" });
    mustFollow(entries, end?.seq ?? 0);
    try {
      await this.#write(commit, end);
      this.#ends.committed(commit);
    } catch (error) {
      this.#ends.forget(conversationId);
      throw error;
    }
  }

  async #write(commit: Commit, end: LogEnd | undefined): Promise<void> {
    const documents = commit.entries.map(encodeEntry);
    mustDiffer(documents);
    await this.#rows.before(commit, end);
    await this.#inserts.insert(documents);
    try {
      await this.#rows.after(commit, end);
    } catch (cause) {
      throw new CommitUnknown({ cause });
    }
  }
}

/** What one of the indexes would refuse in the middle of the commit. */
function mustDiffer(documents: EntryDocument[]): void {
  const keys = documents.flatMap(({ writeKey }) => writeKey ?? []);
  const ids = documents.map(({ _id }) => _id);
  if (new Set(keys).size < keys.length) throw new CommitRefused("clientMsgId", { cause: "twice in one commit" });
  if (new Set(ids).size < ids.length) throw new CommitRefused("refused", { cause: "an id twice in one commit" });
}

/** An entry is stored only behind the one before it. */
function mustFollow(entries: StoredEntry[], end: number): void {
  let last = end;
  for (const { entry } of entries) {
    if (entry.seq !== last + 1) throw new CommitRefused("seq", { cause: `${entry.seq} after ${last}` });
    last = entry.seq;
  }
}
