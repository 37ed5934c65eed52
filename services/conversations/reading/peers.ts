import { LRUCache } from "lru-cache";
import type { Caller } from "../../../contracts/caller.ts";
import type { KnownUser } from "../../../contracts/services/users.ts";
import type { Membership, MessageLog } from "../../../stores/message-log.ts";

const REMEMBERED = 50_000;

/**
 * Who the other one of a direct conversation is. That never changes; who that user is, `users` says. While it does not,
 * the user is as last heard of, or missing: a conversation is worth more than its peer's name.
 */
export class Peers {
  readonly #log: MessageLog;
  readonly #caller: Caller;
  readonly #known = new LRUCache<string, [string, string]>({ max: REMEMBERED });
  readonly #heardOf = new LRUCache<string, KnownUser>({ max: REMEMBERED });

  constructor(log: MessageLog, caller: Caller) {
    this.#log = log;
    this.#caller = caller;
  }

  /** By conversation id, of those memberships that are in direct conversations. */
  async of(memberships: Membership[]): Promise<Map<string, KnownUser>> {
    const direct = memberships.filter(({ type }) => type === "direct");
    const ids = await Promise.all(direct.map(({ member }) => this.#peerId(member.conversationId, member.userId)));
    const userIds = [...new Set(ids.filter((id) => id !== undefined))];
    const users = new Map((await this.#users(userIds)).map((known) => [known.user.id, known]));
    return new Map(
      direct.flatMap(({ member }, i) => {
        const known = users.get(ids[i] ?? "");
        return known ? [[member.conversationId, known] as const] : [];
      }),
    );
  }

  async #users(userIds: string[]): Promise<KnownUser[]> {
    if (userIds.length === 0) return [];
    try {
      const users = await this.#caller.call("users.resolve", { userIds });
      for (const known of users) this.#heardOf.set(known.user.id, known);
      return users;
    } catch {
      return userIds.flatMap((id) => this.#heardOf.get(id) ?? []);
    }
  }

  async #peerId(conversationId: string, userId: string): Promise<string | undefined> {
    const pair = this.#known.get(conversationId) ?? (await this.#pair(conversationId));
    return pair?.find((id) => id !== userId);
  }

  async #pair(conversationId: string): Promise<[string, string] | undefined> {
    const [one, other] = await this.#log.members(conversationId);
    if (!one || !other) return undefined;
    const pair: [string, string] = [one.userId, other.userId];
    this.#known.set(conversationId, pair);
    return pair;
  }
}
