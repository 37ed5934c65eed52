import type { DatabaseSync } from "node:sqlite";
import { ChatError } from "../../contracts/errors.ts";
import type { FolderLock } from "../folder-lock.ts";
import { unavailable } from "../unavailable.ts";
import type { CommandName, Params, Returns } from "./commands.ts";
import { LogReader } from "./log-reader.ts";
import { ParticipationReader } from "./participation-reader.ts";
import type { WriteQueue } from "./write-queue.ts";

interface Readers {
  log: LogReader;
  participation: ParticipationReader;
}

/** One message store file: its queue of writes, and its reads. */
export class MessageDatabase {
  readonly writes: WriteQueue;
  readonly #db: DatabaseSync;
  readonly #lock: FolderLock;
  readonly #readers: Readers;

  constructor(reader: DatabaseSync, writes: WriteQueue, lock: FolderLock) {
    this.writes = writes;
    this.#db = reader;
    this.#lock = lock;
    this.#readers = { log: new LogReader(reader), participation: new ParticipationReader(reader) };
  }

  /** Runs a read; whatever goes wrong is UNAVAILABLE. */
  read<T>(run: (readers: Readers) => T): T {
    try {
      return run(this.#readers);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** A write that may simply be tried again: whatever goes wrong is UNAVAILABLE or OVERLOADED. */
  async write<N extends CommandName>(name: N, params: Params<N>, bytes?: number): Promise<Returns<N>> {
    try {
      return await this.writes.submit(name, params, bytes);
    } catch (error) {
      throw error instanceof ChatError ? error : unavailable(error);
    }
  }

  /** The reader goes first: the last connection to close tidies the file up, and must be one that may write. */
  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    this.#db.close();
    await this.writes.close();
    this.#lock.release();
  }
}
