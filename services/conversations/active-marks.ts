import type { Clock } from "../../contracts/clock.ts";
import type { MessageLog } from "../../stores/message-log.ts";

export interface ActiveMarksParts {
  log: MessageLog;
  clock: Clock;
  /** Of this node: what the conversations are marked with. */
  incarnation: string;
  onFailed(error: unknown): void;
}

/** Marks are taken off together, at most so much later. */
const GATHER_MS = 1000;
/** So many that wait are taken off at once. */
const MOST_WAITING = 500;

/**
 * The marks of conversations that are active on this node. They are set with the first commit of an activation, and
 * taken off some time after it let go: a mark too many only makes somebody hear of a minute's entries again.
 */
export class ActiveMarks {
  readonly incarnation: string;
  readonly #parts: ActiveMarksParts;
  #waiting = new Set<string>();
  #flying = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #timed = false;

  constructor(parts: ActiveMarksParts) {
    this.#parts = parts;
    this.incarnation = parts.incarnation;
  }

  /** The conversation comes to life: resolves when its mark is not being taken off, and will not be. */
  async revive(conversationId: string): Promise<void> {
    this.#waiting.delete(conversationId);
    while (this.#flying.has(conversationId)) await this.#work;
  }

  /** The conversation has let go, and everybody was told of what it committed. */
  release(conversationId: string): void {
    this.#waiting.add(conversationId);
    if (this.#waiting.size >= MOST_WAITING) void this.flush();
    if (this.#timed) return;
    this.#timed = true;
    this.#parts.clock.after(GATHER_MS, () => {
      this.#timed = false;
      void this.flush();
    });
  }

  /** Resolves when the marks of all that have let go are off, or could not be taken off. */
  flush(): Promise<void> {
    this.#work = this.#work.then(() => this.#takeOff());
    return this.#work;
  }

  async #takeOff(): Promise<void> {
    if (this.#waiting.size === 0) return;
    this.#flying = this.#waiting;
    this.#waiting = new Set();
    const { log, incarnation, onFailed } = this.#parts;
    await log.unmark(incarnation, [...this.#flying]).catch(onFailed);
    this.#flying = new Set();
  }
}
