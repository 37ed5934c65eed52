import type { LoggedEntry } from "../../contracts/entry.ts";
import { isArrival, isDeparture } from "./local-members.ts";

/**
 * Who may have had the entries just below one whose recipients are known: steps down the log, and takes back what
 * each `member` entry did. Who was added at an entry sees nothing below it; who was removed at one saw it still.
 */
export class AudienceBefore {
  readonly #present: Set<string>;
  #above: LoggedEntry | undefined;

  constructor(recipients: Iterable<string>, entry?: LoggedEntry) {
    this.#present = new Set(recipients);
    this.#above = entry;
  }

  /** The recipients of `entry`, the one below the last that was asked for. */
  of(entry: LoggedEntry): string[] {
    if (this.#above?.kind === "member" && isArrival(this.#above.op)) {
      for (const userId of this.#above.userIds) this.#present.delete(userId);
    }
    if (entry.kind === "member" && isDeparture(entry.op)) for (const userId of entry.userIds) this.#present.add(userId);
    this.#above = entry;
    return [...this.#present];
  }
}
