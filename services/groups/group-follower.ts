import type { Logger } from "moleculer";
import type { Caller, Events } from "../../contracts/caller.ts";
import type { Clock, Timer } from "../../contracts/clock.ts";
import type { Groups } from "../../stores/accounts/groups.ts";
import { allMembers } from "./all-members.ts";

type Change = Events["group.changed"];

/** Changes of one group that may wait; with more it is read anew as a whole. */
const MOST_CHANGES = 64;
/** Activations are looked at together, this long after the first. */
const GATHER_MS = 200;
/** Activations that may wait; the ones above are looked at when the group comes to life again. */
const MOST_ACTIVATIONS = 10_000;

interface Work {
  changes: Change[];
  repair: boolean;
}

/**
 * Keeps the projection of the groups up with their logs: each group's changes one after another, all of a group
 * when something is missing before a change.
 */
export class GroupFollower {
  readonly #groups: Groups;
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, Work>();
  readonly #running = new Map<string, Promise<void>>();
  #activated = new Map<string, number>();
  #gathering: Timer | undefined;

  constructor(groups: Groups, { caller, clock, logger }: { caller: Caller; clock: Clock; logger: Logger }) {
    this.#groups = groups;
    this.#caller = caller;
    this.#clock = clock;
    this.#logger = logger;
  }

  changed(change: Change): void {
    const id = change.state.conversationId;
    const work = this.#work(id);
    if (work.changes.length < MOST_CHANGES) work.changes.push(change);
    else Object.assign(work, { changes: [], repair: true });
    this.#run(id);
  }

  activated(groupId: string, version: number): void {
    if (this.#activated.size < MOST_ACTIVATIONS) this.#activated.set(groupId, version);
    this.#gathering ??= this.#clock.after(GATHER_MS, () => void this.#lookAtActivated());
  }

  /** Resolves when the projection is at `version` at least, or cannot be brought there now. */
  async reach(groupId: string, version: number): Promise<void> {
    try {
      await this.#running.get(groupId);
      if (((await this.#groups.versions([groupId])).get(groupId) ?? 0) >= version) return;
      this.#work(groupId).repair = true;
      await this.#run(groupId);
    } catch (error) {
      this.#failed(groupId, error);
    }
  }

  async stop(): Promise<void> {
    this.#gathering?.cancel();
    await Promise.all(this.#running.values());
  }

  async #lookAtActivated(): Promise<void> {
    const activated = this.#activated;
    this.#activated = new Map();
    this.#gathering = undefined;
    try {
      const known = await this.#groups.versions([...activated.keys()]);
      for (const [id, version] of activated) {
        if ((known.get(id) ?? 0) >= version) continue;
        this.#work(id).repair = true;
        this.#run(id);
      }
    } catch (error) {
      this.#logger.warn("activated groups were not looked at:", error);
    }
  }

  #work(groupId: string): Work {
    const work = this.#waiting.get(groupId) ?? { changes: [], repair: false };
    this.#waiting.set(groupId, work);
    return work;
  }

  #run(groupId: string): Promise<void> {
    const running = this.#running.get(groupId) ?? this.#drain(groupId);
    this.#running.set(groupId, running);
    return running;
  }

  /** Begun with work waiting; off the list in the same turn in which it finds none. */
  async #drain(groupId: string): Promise<void> {
    for (let work = this.#next(groupId); work; work = this.#next(groupId)) {
      try {
        if (work.repair || (await this.#applyAll(work.changes)) === "gap") await this.#repair(groupId);
      } catch (error) {
        this.#failed(groupId, error);
      }
    }
    this.#running.delete(groupId);
  }

  #next(groupId: string): Work | undefined {
    const work = this.#waiting.get(groupId);
    this.#waiting.delete(groupId);
    return work;
  }

  async #applyAll(changes: Change[]): Promise<"applied" | "gap"> {
    for (const { state, entry, previousVersion } of changes) {
      if ((await this.#groups.apply(state, entry, previousVersion)) === "gap") return "gap";
    }
    return "applied";
  }

  async #repair(groupId: string): Promise<void> {
    const state = await this.#caller.call("conversations.group", { conversationId: groupId });
    const members = await allMembers(this.#caller, { conversationId: groupId });
    await this.#groups.replace({ ...state, memberCount: members.length }, members);
  }

  /** It stays behind until its next change or activation. */
  #failed(groupId: string, error: unknown): void {
    this.#logger.warn(`group ${groupId} is behind its log:`, error);
  }
}
