import type { Logger } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock, Timer } from "../../contracts/clock.ts";
import type { LoggedEntry } from "../../contracts/entry.ts";

/** A message, and who was not there to get it. */
interface Note {
  conversationId: string;
  seq: number;
  userIds: string[];
}

/** Users named in one call. */
const USERS_PER_CALL = 5000;
/** Calls under way; what comes on top is forgotten. */
const MOST_UNDER_WAY = 1000;
/** Users that are looked for again later; beyond, the oldest notes are forgotten. */
const MOST_DEFERRED = 100_000;
const LOOK_AGAIN_MS = 2000;

/**
 * Tells `offline` of messages that somebody was not there to get. A node that is cut off from the others does not
 * know who is there: it looks again when it is back among them.
 */
export class Unreached {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #underWay = 0;
  #deferred: Note[] = [];
  #users = 0;
  #looking: Timer | undefined;

  constructor(caller: Caller, clock: Clock, logger: Logger) {
    this.#caller = caller;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** `uncertain`: these may well be there, but this node cannot tell. */
  tell({ conversationId, seq, kind, senderId }: LoggedEntry, users: string[], uncertain: boolean): void {
    if (kind !== "message" || users.length === 0) return;
    const userIds = users.filter((userId) => userId !== senderId);
    if (userIds.length === 0) return;
    if (uncertain) this.#defer({ conversationId, seq, userIds });
    else this.#note({ conversationId, seq, userIds });
  }

  close(): void {
    this.#looking?.cancel();
  }

  #note({ userIds, ...message }: Note): void {
    for (let i = 0; i < userIds.length; i += USERS_PER_CALL) {
      if (this.#underWay >= MOST_UNDER_WAY) return;
      this.#underWay++;
      void this.#call({ ...message, userIds: userIds.length > USERS_PER_CALL ? userIds.slice(i, i + USERS_PER_CALL) : userIds });
    }
  }

  async #call(note: Note): Promise<void> {
    try {
      await this.#caller.call("offline.note", note);
    } catch (error) {
      this.#logger.debug("nobody took note of who was not there:", error);
    }
    this.#underWay--;
  }

  #defer(note: Note): void {
    this.#deferred.push(note);
    this.#users += note.userIds.length;
    while (this.#users > MOST_DEFERRED && this.#deferred.length > 1) this.#users -= this.#deferred.shift()?.userIds.length ?? 0;
    this.#looking ??= this.#clock.after(LOOK_AGAIN_MS, () => void this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    this.#looking = undefined;
    const notes = this.#deferred;
    this.#deferred = [];
    this.#users = 0;
    for (const { userIds, ...message } of notes) {
      const found = await this.#caller
        .call("router.resolve", { userIds })
        .catch(() => ({ unreachable: userIds, isolated: true }));
      const { unreachable, isolated } = found;
      if (unreachable.length === 0) continue;
      if (isolated) this.#defer({ ...message, userIds: unreachable });
      else this.#note({ ...message, userIds: unreachable });
    }
  }
}
