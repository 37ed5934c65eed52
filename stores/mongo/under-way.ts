import type { MongoDatabase } from "./mongo-database.ts";

/**
 * The shared commands of one kind that are under way. What comes meanwhile is to gather for the next one, for as long as
 * one of them is young; one that nobody waits for any more, though the driver does, keeps no others from going.
 */
export class UnderWay {
  readonly #database: MongoDatabase;
  readonly #onFewer: () => void;
  #count = 0;
  #young = 0;

  /** `onFewer` is told when fewer are young, or under way at all. */
  constructor(database: MongoDatabase, onFewer: () => void) {
    this.#database = database;
    this.#onFewer = onFewer;
  }

  get count(): number {
    return this.#count;
  }

  get someAreYoung(): boolean {
    return this.#young > 0;
  }

  add(command: Promise<void>): void {
    const { clock, limits } = this.#database;
    const grown = once(() => {
      this.#young--;
      this.#onFewer();
    });
    const ended = once(() => {
      for (const timer of timers) timer.cancel();
      this.#count--;
      grown();
      this.#onFewer();
    });
    this.#young++;
    this.#count++;
    const timers = [clock.after(limits.gatherMs, grown), clock.after(limits.timeMs, ended)];
    void command.finally(ended);
  }
}

function once(run: () => void): () => void {
  let hasRun = false;
  return () => {
    if (hasRun) return;
    hasRun = true;
    run();
  };
}
