import { LRUCache } from "lru-cache";
import type { Logger } from "moleculer";
import type { Caller } from "../../../contracts/caller.ts";
import type { Clock } from "../../../contracts/clock.ts";
import type { LoggedEntry } from "../../../contracts/entry.ts";
import type { GroupVersion } from "../../../contracts/services/routing.ts";
import { LocalMembers, type MemberSince } from "../../../domain/session/local-members.ts";

/** Groups whose members here are remembered. */
const MOST_GROUPS = 5000;
/** Of one group: what waits for its members; what comes on top is missed. */
const MOST_WAITING = 256;
/** Newcomers that are asked for by name; if there are more, all members are asked for. */
const MOST_NAMED = 2000;
const ASK_MS = 3000;
const PAUSE_MS = 1000;
/** A membership that changes while it is read is read so often at once, */
const ATTEMPTS = 3;
/** and so often altogether. Then clients are left to find out by themselves. */
const MOST_ATTEMPTS = 60;

/** Something for the members of a group who are here. */
export interface ForMembers {
  conversationId: string;
  seq: number;
  members: GroupVersion;
  /** The entry that made this version, where `members.before` is given. */
  entry?(): LoggedEntry;
  /** `to`: those of them who are here. */
  run(to: readonly string[]): void;
}

interface Group {
  members: LocalMembers;
  /** Came here since the members were asked for; perhaps they are members. */
  newcomers: Set<string>;
  waiting: ForMembers[];
  isAsking: boolean;
}

/**
 * Who of a large group is at this gateway. What is sent to such a group names its version instead of its members:
 * they are asked for once, and from then on followed by the entries that change them. Whatever is for a group
 * whose members are being asked for waits, in order.
 */
export class GroupAudiences {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #isHere: (userId: string) => boolean;
  /** What could not wait any longer, the last of it. */
  readonly #onMissed: (missed: ForMembers, to: readonly string[]) => void;
  readonly #groups = new LRUCache<string, Group>({ max: MOST_GROUPS });

  constructor(parts: {
    caller: Caller;
    clock: Clock;
    logger: Logger;
    isHere(userId: string): boolean;
    onMissed(missed: ForMembers, to: readonly string[]): void;
  }) {
    this.#caller = parts.caller;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#isHere = parts.isHere;
    this.#onMissed = parts.onMissed;
  }

  take(item: ForMembers): void {
    let group = this.#groups.get(item.conversationId);
    if (!group) this.#groups.set(item.conversationId, (group = newGroup()));
    if (!group.isAsking && this.#isKnown(group, item)) item.run(group.members.at(item.seq));
    else this.#wait(group, item);
  }

  /** Whether any group's members are remembered. */
  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** A user has come who is in these conversations; in any, if they are not known. */
  bound(userId: string, conversationIds: Iterable<string> = this.#groups.keys()): void {
    for (const id of conversationIds) {
      const group = this.#groups.peek(id);
      if (group && !group.members.has(userId)) group.newcomers.add(userId);
    }
  }

  /** Whether it is known who is here as of that version; the entry that makes the next version is followed. */
  #isKnown({ members, newcomers }: Group, { members: { version, before }, entry }: ForMembers): boolean {
    if (newcomers.size > 0) return false;
    if (members.version >= version) return true;
    if (members.version === 0 || members.version !== before || !entry) return false;
    members.follow(entry(), this.#isHere);
    return true;
  }

  #wait(group: Group, item: ForMembers): void {
    group.waiting.push(item);
    if (group.waiting.length > MOST_WAITING) {
      const last = group.waiting.at(-1);
      group.waiting = last ? [{ ...last, entry: undefined, run: (to) => this.#onMissed(last, to) }] : [];
    }
    if (!group.isAsking) void this.#ask(group, item.conversationId);
  }

  async #ask(group: Group, conversationId: string): Promise<void> {
    group.isAsking = true;
    for (let attempt = 1; group.waiting.length > 0; attempt++) {
      const failed = await this.#learn(group, conversationId).catch((error: unknown) => String(error));
      if (this.#release(group) > 0) attempt = 0;
      else if (failed || attempt >= ATTEMPTS) await this.#pause(conversationId, failed);
      if (attempt === MOST_ATTEMPTS) group.waiting = [];
    }
    group.isAsking = false;
  }

  /** How many could go. */
  #release(group: Group): number {
    let count = 0;
    for (const item of group.waiting) {
      if (!this.#isKnown(group, item)) break;
      item.run(group.members.at(item.seq));
      count++;
    }
    group.waiting.splice(0, count);
    return count;
  }

  async #learn(group: Group, conversationId: string): Promise<undefined> {
    const { members, newcomers } = group;
    const wanted = group.waiting[0]?.members.version ?? 0;
    const named = [...newcomers];
    if (members.version >= wanted && named.length <= MOST_NAMED) {
      const answer = await this.#caller.call("conversations.present", { conversationId, among: named }, { timeout: ASK_MS });
      if (answer.version === members.version) {
        members.add(answer.members.filter(([userId]) => this.#isHere(userId)));
        for (const userId of named) newcomers.delete(userId);
        return undefined;
      }
    }
    const { version, all } = await this.#all(conversationId);
    members.replace(
      version,
      all.filter(([userId]) => this.#isHere(userId)),
    );
    newcomers.clear();
    return undefined;
  }

  async #all(conversationId: string): Promise<{ version: number; all: MemberSince[] }> {
    const options = { timeout: ASK_MS };
    const { version, members: all, next } = await this.#caller.call("conversations.present", { conversationId }, options);
    for (let from = next; from !== undefined; ) {
      const page = await this.#caller.call("conversations.present", { conversationId, from }, options);
      if (page.version !== version) throw new Error("the membership changes while it is read");
      for (const member of page.members) all.push(member);
      from = page.next;
    }
    return { version, all };
  }

  #pause(conversationId: string, why = "they change all the time"): Promise<void> {
    this.#logger.warn(`the members of ${conversationId} are not known yet: ${why}`);
    return new Promise((resolve) => void this.#clock.after(PAUSE_MS, resolve));
  }
}

const newGroup = (): Group => ({ members: new LocalMembers(), newcomers: new Set(), waiting: [], isAsking: false });
