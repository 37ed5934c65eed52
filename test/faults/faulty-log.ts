import { UnavailableError } from "../../contracts/errors.ts";
import {
  type Commit,
  CommitRefused,
  CommitUnknown,
  type EntryRange,
  type MessageLog,
  type Prunable,
  type Rank,
} from "../../stores/message-log.ts";
import { firstPart } from "./first-part.ts";
import { seededRandom } from "./random.ts";

/** What can befall a commit. */
export const appendFaults = {
  /** Nothing is stored, and it says so: CommitRefused "refused". */
  refused: "refused",
  /** Nothing is stored, and it does not say: CommitUnknown. */
  lost: "lost",
  /** A first part of it is stored: CommitUnknown. */
  partial: "partial",
  /** All of it is stored: CommitUnknown. */
  unanswered: "unanswered",
  /** CommitUnknown comes first, and all of it is stored some time after, unless another commit took its place. */
  overtaken: "overtaken",
  /** All of it is stored, and it says so late. */
  late: "late",
} as const;
export type AppendFault = keyof typeof appendFaults;

export interface FaultOptions {
  seed: number;
  /** How often each fault befalls a commit, 0 … 1; together at most 1. Absent: never. */
  appends?: Partial<Record<AppendFault, number>>;
  /** How often a read rejects with UnavailableError. */
  reads?: number;
  /** Passes time, for what comes late. Initially 0 to 4 turns of the event loop. */
  pause?: (random: () => number) => Promise<void>;
}

/**
 * A message log that fails in every way the port allows, and in none that it does not. The same seed and the same
 * order of calls give the same faults. `heal` ends them.
 */
export class FaultyLog implements MessageLog {
  /** How often each fault happened. */
  readonly count: Record<AppendFault | "read", number> = {
    refused: 0,
    lost: 0,
    partial: 0,
    unanswered: 0,
    overtaken: 0,
    late: 0,
    read: 0,
  };
  readonly #inner: MessageLog;
  readonly #options: FaultOptions;
  readonly #random: () => number;
  readonly #overtaken = new Set<Promise<void>>();
  #healed = false;

  constructor(inner: MessageLog, options: FaultOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** No faults from now on; resolves when all that was overtaken has ended. */
  async heal(): Promise<void> {
    this.#healed = true;
    await Promise.all(this.#overtaken);
  }

  async append(commit: Commit): Promise<void> {
    const fault = this.#draw();
    if (!fault) return this.#inner.append(commit);
    this.count[fault]++;
    await this.#suffer[fault](commit);
  }

  readonly #suffer: Record<AppendFault, (commit: Commit) => Promise<void>> = {
    refused: async () => {
      throw new CommitRefused("refused");
    },
    lost: async () => {
      await this.#maybePause();
      throw new CommitUnknown();
    },
    partial: async (commit) => {
      const part = await firstPart(commit, this.#inner, this.#random);
      if (part) await this.#inner.append(part);
      await this.#maybePause();
      throw new CommitUnknown();
    },
    unanswered: async (commit) => {
      await this.#inner.append(commit);
      await this.#maybePause();
      throw new CommitUnknown();
    },
    overtaken: async (commit) => {
      const later = this.#pause()
        .then(() => this.#inner.append(commit))
        .catch(() => {})
        .finally(() => this.#overtaken.delete(later));
      this.#overtaken.add(later);
      throw new CommitUnknown();
    },
    late: async (commit) => {
      await this.#inner.append(commit);
      await this.#pause();
    },
  };

  load = (conversationId: string) => this.#read(() => this.#inner.load(conversationId));
  entries = (conversationId: string, range: EntryRange) => this.#read(() => this.#inner.entries(conversationId, range));
  findByClientMsgId = (conversationId: string, keys: { senderId: string; clientMsgId: string }[]) =>
    this.#read(() => this.#inner.findByClientMsgId(conversationId, keys));
  locate = (messageId: string) => this.#read(() => this.#inner.locate(messageId));
  views = (conversationId: string, seqs: number[]) => this.#read(() => this.#inner.views(conversationId, seqs));
  members = (conversationId: string) => this.#read(() => this.#inner.members(conversationId));
  member = (conversationId: string, userId: string) => this.#read(() => this.#inner.member(conversationId, userId));
  memberships = (userId: string) => this.#read(() => this.#inner.memberships(userId));
  latest = (userId: string, limit: number, before?: Rank) => this.#read(() => this.#inner.latest(userId, limit, before));
  rosters = (conversationIds: string[]) => this.#read(() => this.#inner.rosters(conversationIds));
  heads = (conversationIds: string[]) => this.#read(() => this.#inner.heads(conversationIds));
  countMentions = (conversationId: string, userId: string, after: number, through: number) =>
    this.#read(() => this.#inner.countMentions(conversationId, userId, after, through));
  senders = (conversationId: string, after: number, through: number) =>
    this.#read(() => this.#inner.senders(conversationId, after, through));
  prunable = (before: string, limit: number, after?: Prunable) => this.#read(() => this.#inner.prunable(before, limit, after));
  lastBefore = (conversationId: string, before: string) => this.#read(() => this.#inner.lastBefore(conversationId, before));
  expire = (now: string, limit: number) => this.#read(() => this.#inner.expire(now, limit));
  prune = (conversationId: string, limit: number) => this.#read(() => this.#inner.prune(conversationId, limit));
  incarnations = () => this.#read(() => this.#inner.incarnations());
  activeOn = (incarnation: string, limit: number, after?: string) =>
    this.#read(() => this.#inner.activeOn(incarnation, limit, after));
  unmark = (incarnation: string, conversationIds: string[]) => this.#read(() => this.#inner.unmark(incarnation, conversationIds));
  ping = () => this.#read(() => this.#inner.ping());
  close = () => this.#inner.close();

  async #read<T>(run: () => Promise<T>): Promise<T> {
    if (!this.#healed && this.#random() < (this.#options.reads ?? 0)) {
      this.count.read++;
      throw new UnavailableError();
    }
    return run();
  }

  #draw(): AppendFault | undefined {
    let chance = this.#random();
    if (this.#healed) return undefined;
    for (const fault of Object.values(appendFaults)) {
      chance -= this.#options.appends?.[fault] ?? 0;
      if (chance < 0) return fault;
    }
    return undefined;
  }

  async #maybePause(): Promise<void> {
    if (this.#random() < 0.5) await this.#pause();
  }

  #pause(): Promise<void> {
    return (this.#options.pause ?? turns)(this.#random);
  }
}

async function turns(random: () => number): Promise<void> {
  for (let left = Math.floor(random() * 5); left > 0; left--) await new Promise<void>((resolve) => setImmediate(resolve));
}
