import type { DeliverFrame, MissedHead } from "../../contracts/services/routing.ts";

/** Conversations that are remembered one by one. */
const MOST = 50_000;

/**
 * What a gateway was sent and has not acknowledged: of each conversation the last place is enough, the log has the
 * rest. Beyond a bound it only knows that there was something.
 */
export class Missed {
  readonly #heads = new Map<string, MissedHead>();
  #tooMany = false;

  get isEmpty(): boolean {
    return this.#heads.size === 0 && !this.#tooMany;
  }

  /** More conversations than are remembered one by one. */
  get tooMany(): boolean {
    return this.#tooMany;
  }

  /** Signals are not missed: they live only for a moment. */
  add({ at, to, members }: DeliverFrame): void {
    if (!at || this.#tooMany) return;
    const { conversationId, seq } = at;
    const before = this.#heads.get(conversationId);
    if (before && before.seq >= seq) return;
    this.#heads.set(conversationId, { conversationId, seq, to, members: members && { version: members.version } });
    if (this.#heads.size > MOST) this.#giveUp();
  }

  /** The first of them: so many that together they name no more than `users` recipients, but at least one. */
  some(users: number): MissedHead[] {
    const some: MissedHead[] = [];
    let named = 0;
    for (const head of this.#heads.values()) {
      named += 1 + head.to.length;
      if (some.length > 0 && named > users) break;
      some.push(head);
    }
    return some;
  }

  /** The gateway knows of these now. What came on top meanwhile stays. */
  acknowledged(heads: MissedHead[]): void {
    for (const { conversationId, seq } of heads) {
      if (this.#heads.get(conversationId)?.seq === seq) this.#heads.delete(conversationId);
    }
  }

  /** The gateway has been told to look at everything. */
  acknowledgedAll(): void {
    this.#tooMany = false;
  }

  #giveUp(): void {
    this.#heads.clear();
    this.#tooMany = true;
  }
}
