import { type ChatClient, type Presence, RequestError, type User } from "../../client/index.ts";

const foundAtOnce = 8;

/** Who is who, who is there, and who is typing: what the page has learnt of other users. */
export class People {
  readonly #client: ChatClient;
  readonly #onChange: () => void;
  readonly #users = new Map<string, User>();
  readonly #asked = new Set<string>();
  readonly #presence = new Map<string, Presence>();
  readonly #typing = new Map<string, Set<string>>();

  constructor(client: ChatClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
    client.on("presence", (presence) => {
      this.#presence.set(presence.userId, presence);
      onChange();
    });
    client.on("typing", ({ conversationId, userId, state }) => {
      const who = this.#typing.get(conversationId) ?? new Set();
      this.#typing.set(conversationId, who);
      if (state === "start") who.add(userId);
      else who.delete(userId);
      onChange();
    });
    client.on("message", ({ conversationId, senderId }) => void this.#typing.get(conversationId)?.delete(senderId));
  }

  know(user: User): void {
    this.#users.set(user.id, user);
  }

  /** Asked for if not known yet; `onChange` says when it is. */
  user(userId: string): User | undefined {
    const known = this.#users.get(userId);
    if (!known) void this.#ask(userId);
    return known;
  }

  presence(userId: string): Presence | undefined {
    return this.#presence.get(userId);
  }

  isOnline(userId: string): boolean {
    return (this.#presence.get(userId)?.status ?? "offline") !== "offline";
  }

  typing(conversationId: string): string[] {
    return [...(this.#typing.get(conversationId) ?? [])];
  }

  async find(q: string): Promise<User[]> {
    const { items } = await this.#client.call("GET /users", { query: { q, limit: foundAtOnce } });
    for (const user of items) this.know(user);
    return items.filter(({ id }) => id !== this.#client.user?.id);
  }

  async #ask(userId: string): Promise<void> {
    if (this.#asked.has(userId)) return;
    this.#asked.add(userId);
    try {
      this.know(await this.#client.call("GET /users/:id", { params: { id: userId } }));
      this.#onChange();
    } catch (error) {
      if (error instanceof RequestError && error.retryable) this.#asked.delete(userId);
    }
  }
}
