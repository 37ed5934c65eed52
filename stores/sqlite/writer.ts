import type { DatabaseSync } from "node:sqlite";
import type { Answer, Command, CommandName, Handlers, Outcome } from "./commands.ts";
import { logWrites } from "./log-writes.ts";
import { participationWrites } from "./participation-writes.ts";
import { Refusal } from "./refusal.ts";
import { prepare } from "./statement.ts";
import { sweepWrites } from "./sweep-writes.ts";

/** Runs batches of commands, each batch one durable transaction, each command a savepoint within it. */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #handlers: Handlers;
  readonly #begin;
  readonly #commit;
  readonly #save;
  readonly #release;
  readonly #undo;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#handlers = { ...logWrites(db), ...sweepWrites(db), ...participationWrites(db), ping: () => null };
    this.#begin = prepare(db, "BEGIN IMMEDIATE");
    this.#commit = prepare(db, "COMMIT");
    this.#save = prepare(db, "SAVEPOINT command");
    this.#release = prepare(db, "RELEASE command");
    this.#undo = prepare(db, "ROLLBACK TO command");
  }

  run(commands: Command[]): Answer {
    let outcomes: Outcome[];
    try {
      this.#begin.run();
      outcomes = commands.map((command) => this.#attempt(command));
    } catch (error) {
      this.#rollback();
      return { outcomes: commands.map(() => ({ refused: "refused", detail: String(error) })) };
    }
    try {
      this.#commit.run();
      return { outcomes };
    } catch (error) {
      this.#rollback();
      return { unknown: String(error) };
    }
  }

  close(): void {
    this.#db.close();
  }

  /** One command, all of it or nothing. Throws if its failure took the transaction along, as a full disk does. */
  #attempt(command: Command): Outcome {
    this.#save.run();
    try {
      const value = this.#handle(command);
      this.#release.run();
      return { value };
    } catch (error) {
      if (!this.#db.isTransaction) throw error;
      this.#undo.run();
      this.#release.run();
      return { refused: error instanceof Refusal ? error.reason : "refused", detail: String(error) };
    }
  }

  #handle<N extends CommandName>(command: Command<N>) {
    return this.#handlers[command.name](command.params);
  }

  #rollback(): void {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
  }
}
