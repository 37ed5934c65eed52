import type { ServerResponse } from "node:http";
import { OverloadedError } from "../../../contracts/errors.ts";

/** What one user's connections, and all together, may leave untaken before nothing more is read for them. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_BYTES_IN_ALL = 256 * 1024 * 1024;

/** Answers that were written and not yet taken by their clients: they are in this process's memory. */
export class UnsentAnswers {
  readonly #byUser = new Map<string, number>();
  #all = 0;

  /** OVERLOADED for a user who takes too little of what was answered before. */
  mustHaveRoom(userId: string): void {
    if ((this.#byUser.get(userId) ?? 0) < MOST_BYTES && this.#all < MOST_BYTES_IN_ALL) return;
    throw new OverloadedError("take the answers before", { retryAfterMs: 1000 });
  }

  /** This answer is under way to the user until its response is closed. */
  add(userId: string, bytes: number, res: ServerResponse): void {
    this.#change(userId, bytes);
    res.once("close", () => this.#change(userId, -bytes));
  }

  #change(userId: string, bytes: number): void {
    this.#all += bytes;
    const after = (this.#byUser.get(userId) ?? 0) + bytes;
    if (after > 0) this.#byUser.set(userId, after);
    else this.#byUser.delete(userId);
  }
}
