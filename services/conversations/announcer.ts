import type { Caller } from "../../contracts/caller.ts";
import type { FanoutSignal } from "../../contracts/services/fanout.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import type { ParticipationStore } from "../../stores/participation.ts";
import type { News } from "./news.ts";
import type { Publisher } from "./publisher.ts";

export interface AnnouncerParts {
  caller: Caller;
  publisher: Publisher;
  participation: ParticipationStore;
  viewOf(conversationId: string, userId: string): Promise<Conversation>;
  onFailed(error: unknown): void;
}

/** Beyond so many pieces of news that wait the oldest are dropped: their entries are in the log. */
const MOST_WAITING = 2000;
/** Views made at once for newcomers. */
const VIEWS_AT_ONCE = 16;

/**
 * Tells everybody what a conversation has committed, in `seq` order: whoever is new to it gets the conversation
 * first, whoever is back is told to read it afresh.
 */
export class Announcer {
  readonly #parts: AnnouncerParts;
  #waiting: News[] = [];
  #busy = false;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  announce(news: News[]): void {
    if (!this.#busy && news.every(isPlain)) {
      for (const one of news) this.#publish(one);
      return;
    }
    this.#waiting.push(...news);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
    if (this.#busy) return;
    this.#busy = true;
    this.#work = this.#drain();
  }

  /** Resolves when everything has been told. */
  async idle(): Promise<void> {
    await this.#work;
    await this.#parts.publisher.idle();
  }

  async #drain(): Promise<void> {
    for (let news = this.#waiting.shift(); news; news = this.#waiting.shift()) {
      const { group, entry } = news;
      if (group && entry) this.#parts.caller.broadcast("group.changed", { ...group, entry });
      if (!news.repeated && news.newcomers.length) await this.#ifPossible(this.#welcome(news));
      if (!news.repeated && news.returned.length) await this.#ifPossible(this.#welcomeBack(news));
      this.#publish(news);
    }
    this.#busy = false;
  }

  #publish({ entry, recipients, members, exceptSession }: News): void {
    if (!entry) return;
    this.#parts.publisher.publish({
      type: "entry",
      entry,
      recipients: recipients as string[],
      group: members,
      exceptSession,
    });
  }

  /** What cannot be told now is found by `sync`; the entry behind it goes out all the same. */
  async #ifPossible(signals: Promise<FanoutSignal[]>): Promise<void> {
    try {
      for (const signal of await signals) this.#parts.publisher.publish(signal);
    } catch (error) {
      this.#parts.onFailed(error);
    }
  }

  /** The conversation as each newcomer sees it, for those who are there to hear of it. */
  async #welcome({ conversationId, newcomers, entry }: News): Promise<FanoutSignal[]> {
    const { participation, viewOf } = this.#parts;
    if (!entry)
      await Promise.all(newcomers.map((userId) => participation.record(userId, { op: "conversation", conversationId })));
    const online = await this.#online(newcomers);
    const signals: FanoutSignal[] = [];
    for (let i = 0; i < online.length; i += VIEWS_AT_ONCE) {
      const some = online.slice(i, i + VIEWS_AT_ONCE);
      const views = await Promise.all(some.map((userId) => viewOf(conversationId, userId)));
      views.forEach((data, j) => {
        signals.push({ type: "signal", event: "conversation", data, recipients: some.slice(j, j + 1) });
      });
    }
    return signals;
  }

  async #welcomeBack({ conversationId, returned }: News): Promise<FanoutSignal[]> {
    await Promise.all(returned.map((userId) => this.#parts.participation.record(userId, { op: "reset", conversationId })));
    const signals: FanoutSignal[] = [];
    for (const userId of await this.#online(returned)) {
      const { epoch, firstSeq, lastSeq } = await this.#parts.viewOf(conversationId, userId);
      const data = { conversationId, epoch, firstSeq, lastSeq };
      signals.push({ type: "signal", event: "reset", data, recipients: [userId] });
    }
    return signals;
  }

  async #online(userIds: readonly string[]): Promise<string[]> {
    const { unreachable } = await this.#parts.caller.call("router.resolve", { userIds: [...userIds] });
    const away = new Set(unreachable);
    return userIds.filter((userId) => !away.has(userId));
  }
}

/** Nothing has to be known or said before its entry. */
function isPlain({ group, repeated, newcomers, returned }: News): boolean {
  return group === undefined && (repeated || (newcomers.length === 0 && returned.length === 0));
}
