import type { DatabaseSync } from "node:sqlite";
import type { Answer, Command, CommandName, Handlers, Outcome } from "./commands.ts";
import { ConversationKeys } from "./conversation-keys.ts";
import { LogEnds } from "./log-ends.ts";
import { logWrites } from "./log-writes.ts";
import { participationWrites } from "./participation-writes.ts";
import { Refusal } from "./refusal.ts";
import { prepare } from "./statement.ts";
import { sweepWrites } from "./sweep-writes.ts";

/**
 * Runs batches of commands, each batch one durable transaction. A command is done whole or not at all: if one of a batch
 * fails, which is rare, the batch is rolled back and run again with a savepoint around each.
 */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #keys: ConversationKeys;
  readonly #ends: LogEnds;
  readonly #handlers: Handlers;
  readonly #begin;
  readonly #commit;
  readonly #save;
  readonly #release;
  readonly #undo;

  constructor(db: DatabaseSync) {
    this.#db = db;
    const keys = (this.#keys = new ConversationKeys(db));
    const ends = (this.#ends = new LogEnds(db));
    this.#handlers = {
      ...logWrites(db, keys, ends),
      ...sweepWrites(db),
      ...participationWrites(db, keys),
      ping: () => null,
    };
    this.#begin = prepare(db, "BEGIN IMMEDIATE");
    this.#commit = prepare(db, "COMMIT");
    this.#save = prepare(db, "SAVEPOINT command");
    this.#release = prepare(db, "RELEASE command");
    this.#undo = prepare(db, "ROLLBACK TO command");
  }

  run(commands: Command[]): Answer {
    let outcomes: Outcome[];
    try {
      outcomes = this.#together(commands) ?? this.#eachByItself(commands);
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

  /** Nothing, if one of them fails. */
  #together(commands: Command[]): Outcome[] | undefined {
    this.#begin.run();
    try {
      return commands.map((command) => this.#handle(command));
    } catch {
      this.#rollback();
      return undefined;
    }
  }

  #eachByItself(commands: Command[]): Outcome[] {
    this.#begin.run();
    return commands.map((command) => this.#attempt(command));
  }

  /** One command, all of it or nothing. Throws if its failure took the transaction along, as a full disk does. */
  #attempt(command: Command): Outcome {
    this.#save.run();
    try {
      const outcome = this.#handle(command);
      this.#release.run();
      return outcome;
    } catch (error) {
      if (!this.#db.isTransaction) throw error;
      this.#undo.run();
      this.#release.run();
      this.#forget();
      return { refused: error instanceof Refusal ? error.reason : "refused", detail: String(error) };
    }
  }

  #handle<N extends CommandName>([name, params]: Command<N>): Outcome {
    const value = this.#handlers[name](params);
    return value === null ? null : { value };
  }

  #rollback(): void {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    this.#forget();
  }

  /** What was rolled back is not known any more. */
  #forget(): void {
    this.#keys.forget();
    this.#ends.forget();
  }
}
