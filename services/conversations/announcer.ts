import type { Caller } from "../../contracts/caller.ts";
import type { FanoutItem, FanoutSignal } from "../../contracts/services/fanout.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import type { ParticipationStore } from "../../stores/participation.ts";
import type { News } from "./news.ts";

export interface AnnouncerParts {
  caller: Caller;
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
    this.#waiting.push(...news);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    this.#work = this.#drain();
  }

  /** Resolves when everything has been told. */
  idle(): Promise<void> {
    return this.#work;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length) {
      const news = this.#waiting;
      this.#waiting = [];
      try {
        await this.#tell(news);
      } catch (error) {
        this.#parts.onFailed(error);
      }
    }
    this.#busy = false;
  }

  async #tell(news: News[]): Promise<void> {
    for (const { group, entry } of news) {
      if (group && entry) this.#parts.caller.broadcast("group.changed", { ...group, entry });
    }
    const items: FanoutItem[] = [];
    for (const one of news) {
      if (!one.repeated && one.newcomers.length) items.push(...(await this.#ifPossible(this.#welcome(one))));
      if (!one.repeated && one.returned.length) items.push(...(await this.#ifPossible(this.#welcomeBack(one))));
      const { entry, recipients, members, exceptSession } = one;
      if (entry) items.push({ type: "entry", entry, recipients: recipients as string[], group: members, exceptSession });
    }
    if (items.length) await this.#parts.caller.call("fanout.publish", { items });
  }

  /** What cannot be told now is found by `sync`; the entry behind it goes out all the same. */
  async #ifPossible(signals: Promise<FanoutSignal[]>): Promise<FanoutSignal[]> {
    try {
      return await signals;
    } catch (error) {
      this.#parts.onFailed(error);
      return [];
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
