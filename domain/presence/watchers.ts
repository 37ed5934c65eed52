import { ValidationError } from "../../contracts/errors.ts";
import { limits } from "../../contracts/limits.ts";

/** A session that watches, whose it is, and on which gateway. */
export interface Watcher {
  sessionId: string;
  userId: string;
  nodeID: string;
}

interface Watching extends Watcher {
  watched: Set<string>;
}

const NOBODY: ReadonlySet<Watcher> = new Set();

/** Who watches whom, by session. */
export class Watchers {
  readonly #sessions = new Map<string, Watching>();
  readonly #watchers = new Map<string, Set<Watcher>>();

  /** Those of `userIds` that this session did not watch before. All or, with VALIDATION, none are added. */
  watch({ sessionId, userId, nodeID }: Watcher, userIds: string[]): string[] {
    const watching = this.#sessions.get(sessionId) ?? { sessionId, userId, nodeID, watched: new Set() };
    const added = [...new Set(userIds)].filter((id) => !watching.watched.has(id));
    if (watching.watched.size + added.length > limits.watchedUsers) {
      throw ValidationError.at("userIds", `a session watches at most ${limits.watchedUsers} users`);
    }
    for (const id of added) this.#add(watching, id);
    return added;
  }

  unwatch(sessionId: string, userIds: Iterable<string>): void {
    const watching = this.#sessions.get(sessionId);
    if (!watching) return;
    for (const id of userIds) this.#remove(watching, id);
    if (watching.watched.size === 0) this.#sessions.delete(sessionId);
  }

  /** The session is gone, and so is all it watched. */
  closed(sessionId: string): void {
    this.unwatch(sessionId, [...(this.#sessions.get(sessionId)?.watched ?? [])]);
  }

  /** The gateway is gone, and so are all its sessions. */
  gone(nodeID: string): void {
    for (const watching of [...this.#sessions.values()]) if (watching.nodeID === nodeID) this.closed(watching.sessionId);
  }

  of(userId: string): ReadonlySet<Watcher> {
    return this.#watchers.get(userId) ?? NOBODY;
  }

  has(userId: string): boolean {
    return this.#watchers.has(userId);
  }

  /** Sessions that watch somebody. */
  get sessions(): number {
    return this.#sessions.size;
  }

  #add(watching: Watching, id: string): void {
    this.#sessions.set(watching.sessionId, watching);
    watching.watched.add(id);
    const watchers = this.#watchers.get(id);
    if (watchers) watchers.add(watching);
    else this.#watchers.set(id, new Set([watching]));
  }

  #remove(watching: Watching, id: string): void {
    if (!watching.watched.delete(id)) return;
    const watchers = this.#watchers.get(id);
    watchers?.delete(watching);
    if (watchers?.size === 0) this.#watchers.delete(id);
  }
}
