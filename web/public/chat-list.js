import { $, avatar, debounced, element, momentOf, show } from "./dom.js";

export const nameOf = ({ name, peer }) => name ?? peer?.displayName ?? peer?.username ?? "Conversation";

/** The list of conversations, and finding people to begin one with. */
export class ChatList {
  #client;
  #inbox;
  #people;

  constructor({ client, inbox, people }) {
    this.#client = client;
    this.#inbox = inbox;
    this.#people = people;
    const find = debounced(() => this.#find(), 200);
    $("find").addEventListener("input", find);
  }

  render(openId) {
    const { conversations } = this.#inbox;
    const shown = conversations.filter(({ type, lastSeq, id }) => type !== "direct" || lastSeq > 0 || id === openId);
    const rows = shown.map((conversation) => this.#row(conversation, openId));
    show($("list"), rows, ({ id }) => id, conversationRow);
    $("no-chats").hidden = rows.length > 0;
    const unread = conversations.reduce((sum, c) => sum + (c.muted ? 0 : c.unread), 0);
    document.title = unread > 0 ? `(${unread}) Switchboard` : "Switchboard";
  }

  #row(conversation, openId) {
    const { id, peer, unread, lastMessage, lastMessageAt } = conversation;
    const typing = this.#people.typing(id).length > 0;
    return {
      id,
      name: nameOf(conversation),
      avatarId: peer?.id ?? id,
      online: Boolean(peer) && this.#people.isOnline(peer.id),
      preview: typing ? "typing…" : this.#preview(conversation, lastMessage),
      typing,
      at: lastMessageAt && momentOf(lastMessageAt),
      unread,
      open: id === openId,
    };
  }

  #preview({ type }, message) {
    if (!message) return type === "group" ? "New group" : "";
    const text = message.deletedAt ? "Deleted message" : message.content || message.type;
    if (message.senderId === this.#client.user?.id) return `You: ${text}`;
    return type === "group" ? `${this.#people.name(message.senderId)}: ${text}` : text;
  }

  async #find() {
    const q = $("find").value.trim();
    $("found").hidden = q === "";
    const users = q ? await this.#people.find(q).catch(() => []) : [];
    if (q !== $("find").value.trim()) return;
    const rows = users.map(({ id, username, displayName }) => ({ id, name: displayName || username, preview: `@${username}` }));
    show(
      $("found"),
      rows.length ? rows : q ? [{ id: "", name: `Nobody is called “${q}”` }] : [],
      ({ id }) => id,
      (row) => (row.id ? personRow(row, () => this.#begin(row.id)) : element("li", { class: "hint", text: row.name })),
    );
  }

  async #begin(userId) {
    const { id } = await this.#client.call("POST /conversations", { body: { userId } });
    await this.#inbox.fetch(id);
    $("find").value = "";
    $("found").hidden = true;
    location.hash = `/${id}`;
  }
}

function conversationRow({ id, name, avatarId, online, preview, typing, at, unread, open }) {
  const badge =
    unread > 0 && element("span", { class: "badge", text: unread > 99 ? "99+" : unread, "aria-label": `${unread} unread` });
  return element(
    "li",
    {},
    element(
      "a",
      { class: "row", href: `#/${id}`, "aria-current": open ? "true" : undefined },
      avatar(name, avatarId, online),
      element(
        "span",
        { class: "grow" },
        element(
          "span",
          { class: "line" },
          element("span", { class: "name ellipsis", text: name }),
          at && element("time", { text: at }),
        ),
        element(
          "span",
          { class: "line" },
          element("span", { class: `preview ellipsis${typing ? " typing" : ""}`, text: preview }),
          badge,
        ),
      ),
    ),
  );
}

/** A person who can be chosen. */
export function personRow({ id, name, preview }, onclick) {
  return element(
    "li",
    {},
    element(
      "button",
      { class: "row", type: "button", onclick },
      avatar(name, id),
      element(
        "span",
        { class: "grow" },
        element("span", { class: "name ellipsis", text: name }),
        element("span", { class: "preview", text: preview }),
      ),
    ),
  );
}
