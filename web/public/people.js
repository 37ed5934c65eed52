/** Who is who, who is there, and who is typing: what the page has learnt of other users. */
export class People {
  #client;
  #onChange;
  #users = new Map();
  #asked = new Set();
  #presence = new Map();
  #typing = new Map();

  constructor(client, onChange) {
    this.#client = client;
    this.#onChange = onChange;
    client.on("presence", (presence) => {
      this.#presence.set(presence.userId, presence);
      onChange();
    });
    client.on("typing", ({ conversationId, userId, state }) => {
      const who = this.#typing.get(conversationId) ?? new Set();
      if (state === "start") who.add(userId);
      else who.delete(userId);
      this.#typing.set(conversationId, who);
      onChange();
    });
    client.on("message", ({ conversationId, senderId }) => this.#typing.get(conversationId)?.delete(senderId));
  }

  know(user) {
    this.#users.set(user.id, user);
  }

  /** The name to show; asked for if it is not known yet. */
  name(userId) {
    const known = this.#users.get(userId);
    if (!known) this.#ask(userId);
    return known ? known.displayName || known.username : "…";
  }

  presence(userId) {
    return this.#presence.get(userId);
  }

  isOnline(userId) {
    return (this.#presence.get(userId)?.status ?? "offline") !== "offline";
  }

  typing(conversationId) {
    return [...(this.#typing.get(conversationId) ?? [])];
  }

  async find(q) {
    const { items } = await this.#client.call("GET /users", { query: { q, limit: 8 } });
    for (const user of items) this.know(user);
    return items.filter(({ id }) => id !== this.#client.user?.id);
  }

  async #ask(userId) {
    if (this.#asked.has(userId)) return;
    this.#asked.add(userId);
    try {
      this.know(await this.#client.call("GET /users/:id", { params: { id: userId } }));
      this.#onChange();
    } catch {
      this.#asked.delete(userId);
    }
  }
}
