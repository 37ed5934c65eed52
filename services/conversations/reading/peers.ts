import { LRUCache } from "lru-cache";
import type { Caller } from "../../../contracts/caller.ts";
import type { User } from "../../../contracts/shapes.ts";
import type { Membership, MessageLog } from "../../../stores/message-log.ts";

const REMEMBERED = 50_000;

/** Who the other one of a direct conversation is. That never changes; who that user is, `users` says. */
export class Peers {
  readonly #log: MessageLog;
  readonly #caller: Caller;
  readonly #known = new LRUCache<string, [string, string]>({ max: REMEMBERED });

  constructor(log: MessageLog, caller: Caller) {
    this.#log = log;
    this.#caller = caller;
  }

  /** By conversation id, of those memberships that are in direct conversations. */
  async of(memberships: Membership[]): Promise<Map<string, User>> {
    const direct = memberships.filter(({ type }) => type === "direct");
    const ids = await Promise.all(direct.map(({ member }) => this.#peerId(member.conversationId, member.userId)));
    const userIds = [...new Set(ids.filter((id) => id !== undefined))];
    const known = userIds.length > 0 ? await this.#caller.call("users.resolve", { userIds }) : [];
    const users = new Map(known.map(({ user }) => [user.id, user]));
    return new Map(
      direct.flatMap(({ member }, i) => {
        const user = users.get(ids[i] ?? "");
        return user ? [[member.conversationId, user] as const] : [];
      }),
    );
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
