import type { LoggedEntry } from "../../contracts/entry.ts";

/** A present member, and the `seq` of the entry that brought it in. */
export type MemberSince = readonly [userId: string, since: number];

/**
 * The members of one group that are at one gateway, exact for one version of the membership (the `seq` of the last
 * entry that changed the group). For an entry below that version they are those who were in already; who left
 * in between is not among them, and syncs.
 */
export class LocalMembers {
  readonly #since = new Map<string, number>();
  /** For whom everything from `version` on is; made when it is asked for. */
  #all: readonly string[] | undefined;
  #version = 0;

  /** 0: not known at all. */
  get version(): number {
    return this.#version;
  }

  has(userId: string): boolean {
    return this.#since.has(userId);
  }

  /** Takes these, as of `version`, in the place of all it had. */
  replace(version: number, members: Iterable<MemberSince>): void {
    this.#since.clear();
    this.#version = version;
    this.add(members);
  }

  /** These are members as of the version it has, too. */
  add(members: Iterable<MemberSince>): void {
    for (const [userId, since] of members) this.#since.set(userId, since);
    this.#all = undefined;
  }

  /** The entry that follows the version it has, and makes the next. */
  follow(entry: LoggedEntry, isHere: (userId: string) => boolean): void {
    this.#version = entry.seq;
    if (entry.kind !== "member") return;
    for (const userId of entry.userIds) {
      if (isArrival(entry.op) && isHere(userId)) this.#since.set(userId, entry.seq);
      else if (isDeparture(entry.op)) this.#since.delete(userId);
    }
    this.#all = undefined;
  }

  /** Who is sent the entry at `seq`, of those who are still in. */
  at(seq: number): readonly string[] {
    if (seq >= this.#version) return (this.#all ??= [...this.#since.keys()]);
    return [...this.#since].filter(([, since]) => since <= seq).map(([userId]) => userId);
  }
}

export const isArrival = (op: string) => op === "create" || op === "join" || op === "add";
export const isDeparture = (op: string) => op === "leave" || op === "remove" || op === "ban";
