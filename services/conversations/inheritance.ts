import type { Caller } from "../../contracts/caller.ts";
import type { Clock, Timer } from "../../contracts/clock.ts";
import type { Placement } from "../../domain/placement/placement.ts";
import type { MessageLog } from "../../stores/message-log.ts";

export interface InheritanceParts {
  log: MessageLog;
  placement: Placement;
  caller: Pick<Caller, "offering">;
  clock: Clock;
  /** Activates the conversation and tells everybody of its last minute once more. */
  tellAgain(conversationId: string): Promise<void>;
  onFailed(error: unknown): void;
}

/** Looked for even if no node was seen to go: all of them may have gone at once. */
const EVERY_MS = 30_000;
const PAGE = 500;
const AT_ONCE = 16;

/**
 * Looks after the conversations of nodes that are gone. Such a node may have committed an entry and told nobody of it;
 * of those that were active on it each survivor takes those that it owns now.
 */
export class Inheritance {
  readonly #parts: InheritanceParts;
  readonly #timer: Timer;
  #work: Promise<void> | undefined;
  #again = false;

  constructor(parts: InheritanceParts) {
    this.#parts = parts;
    this.#timer = parts.clock.every(EVERY_MS, () => this.look());
    parts.placement.onMoved(() => this.look());
  }

  /** Looks now, or once more after the look that is under way. */
  look(): void {
    this.#again = true;
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#timer.cancel();
    this.#again = false;
    await this.#work;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#inheritAll().catch(this.#parts.onFailed);
    }
  }

  /** Who sees no other node may be the one that is cut off. */
  async #inheritAll(): Promise<void> {
    const { log, caller, placement } = this.#parts;
    if (placement.cutOff) return;
    const alive = new Set(caller.offering("conversations.append"));
    for (const incarnation of await log.incarnations()) if (!alive.has(incarnation)) await this.#inherit(incarnation);
  }

  async #inherit(incarnation: string): Promise<void> {
    const { log, placement } = this.#parts;
    for (let after: string | undefined; ; ) {
      const page = await log.activeOn(incarnation, PAGE, after);
      const mine = page.filter((conversationId) => placement.isMine("conversations.append", conversationId));
      while (mine.length) await this.#tell(incarnation, mine.splice(0, AT_ONCE));
      if (page.length < PAGE) return;
      after = page.at(-1);
    }
  }

  /** Those that could not be told of keep their mark, and are found by the next look. */
  async #tell(incarnation: string, conversationIds: string[]): Promise<void> {
    const { log, tellAgain, onFailed } = this.#parts;
    const told: string[] = [];
    const tell = async (conversationId: string) => {
      await tellAgain(conversationId);
      told.push(conversationId);
    };
    await Promise.all(conversationIds.map((conversationId) => tell(conversationId).catch(onFailed)));
    if (told.length) await log.unmark(incarnation, told);
  }
}
