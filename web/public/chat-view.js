import { Timeline } from "/client/index.js";
import { nameOf } from "./chat-list.js";
import { $, avatar, dayOf, element, momentOf, show, timeOf } from "./dom.js";

const nearEnd = 80;

/** The open conversation. */
export class ChatView {
  #client;
  #inbox;
  #people;
  #timeline;
  #drafts = new Map();

  constructor({ client, inbox, people }) {
    this.#client = client;
    this.#inbox = inbox;
    this.#people = people;
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("text").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    $("text").addEventListener("input", () => this.#typed());
    $("older").addEventListener("click", () => this.#older());
    for (const happening of ["focus", "visibilitychange"]) window.addEventListener(happening, () => this.#read());
  }

  get openId() {
    return this.#timeline?.conversationId;
  }

  async open(conversationId) {
    if (this.openId === conversationId) return;
    this.close();
    const timeline = new Timeline(this.#client, conversationId, () => this.render());
    this.#timeline = timeline;
    $("messages").replaceChildren();
    $("text").value = this.#drafts.get(conversationId) ?? "";
    this.#grow();
    this.render();
    if (matchMedia("(hover: hover)").matches) $("text").focus();
    if (!this.#inbox.get(conversationId)) await this.#inbox.fetch(conversationId);
    await timeline.open().catch(() => undefined);
    if (this.#timeline === timeline) this.#scrollToEnd();
  }

  close() {
    const { openId } = this;
    if (!openId) return;
    this.#drafts.set(openId, $("text").value);
    this.#client.typing(openId, "stop");
    this.#timeline.close();
    this.#timeline = undefined;
  }

  /** What was missed while there was no connection to read it. */
  reopen() {
    if (this.#timeline && !this.#timeline.state) this.#timeline.open().catch(() => undefined);
  }

  render() {
    const conversation = this.openId && this.#inbox.get(this.openId);
    $("open").hidden = !this.openId;
    $("nothing-open").hidden = Boolean(this.openId);
    document.body.classList.toggle("chatting", Boolean(this.openId));
    if (!conversation) return;
    this.#renderHead(conversation);
    const { scrollHeight, scrollTop, clientHeight } = $("scroll");
    const atEnd = scrollHeight - scrollTop - clientHeight < nearEnd;
    $("older").hidden = !this.#timeline.hasMoreBefore;
    show($("messages"), this.#rows(conversation), ({ key }) => key, messageRow);
    if (atEnd) this.#scrollToEnd();
    this.#read();
  }

  #renderHead(conversation) {
    const name = nameOf(conversation);
    const head = { name, id: conversation.peer?.id ?? conversation.id };
    show(
      $("chat-avatar"),
      [head],
      () => "head",
      () => avatar(name, head.id),
    );
    $("chat-name").textContent = name;
    const typing = this.#people.typing(conversation.id);
    $("chat-status").textContent = typing.length ? this.#typingLine(conversation, typing) : this.#statusLine(conversation);
    $("chat-status").classList.toggle("typing", typing.length > 0);
    const readOnly = conversation.leftSeq !== undefined || Boolean(conversation.group?.closed);
    $("text").disabled = readOnly;
    $("text").placeholder = readOnly ? "You can only read here" : "Message";
  }

  #typingLine({ type }, userIds) {
    return type === "direct" ? "typing…" : `${userIds.map((id) => this.#people.name(id)).join(", ")} typing…`;
  }

  #statusLine({ peer, group }) {
    if (group) return `${group.memberCount} ${group.memberCount === 1 ? "member" : "members"}`;
    const presence = peer && this.#people.presence(peer.id);
    if (!presence || this.#client.connection.state !== "online") return "";
    if (presence.status !== "offline") return presence.status;
    return presence.lastSeenAt ? `last seen ${momentOf(presence.lastSeenAt)}` : "offline";
  }

  /** Messages and what is on its way, with the day where it changes. */
  #rows(conversation) {
    const { messages } = this.#timeline;
    const there = new Set(messages.map(({ clientMsgId }) => clientMsgId));
    const pending = this.#client.outbox
      .filter(({ request, clientMsgId }) => request.conversationId === conversation.id && !there.has(clientMsgId))
      .map((item) => ({ ...item.request, createdAt: item.createdAt, senderId: this.#client.user?.id, item }));
    let before;
    return [...messages, ...pending].flatMap((message) => {
      const day = dayOf(message.createdAt);
      const newDay = !before || dayOf(before.createdAt) !== day;
      const row = this.#row(conversation, message, newDay ? undefined : before);
      before = message;
      return newDay ? [{ key: `day ${message.createdAt.slice(0, 10)}`, day }, row] : [row];
    });
  }

  #row(conversation, message, before) {
    const { clientMsgId, id, seq, senderId, content, type, createdAt, editedAt, deletedAt, reactions, item } = message;
    const mine = senderId === this.#client.user?.id;
    return {
      key: `message ${clientMsgId && mine ? clientMsgId : id}`,
      mine,
      follows: before?.senderId === senderId,
      name: !mine && conversation.type !== "direct" && before?.senderId !== senderId ? this.#people.name(senderId) : undefined,
      text: deletedAt ? "This message was deleted" : content || type,
      faint: Boolean(deletedAt),
      note: [editedAt && !deletedAt && "edited", timeOf(createdAt)].filter(Boolean).join(" · "),
      tick: mine ? tickOf(conversation, seq, item) : undefined,
      failure: item?.failure && { clientMsgId, why: item.failure.message },
      reactions: Object.entries(reactions ?? {}).map(([emoji, { count, me }]) => ({
        text: count > 1 ? `${emoji} ${count}` : emoji,
        me,
      })),
    };
  }

  #send() {
    const content = $("text").value.trim();
    const { openId } = this;
    if (!content || !openId) return;
    this.#client.send({ conversationId: openId, content });
    this.#client.typing(openId, "stop");
    $("text").value = "";
    this.#grow();
    this.#scrollToEnd();
  }

  #typed() {
    this.#grow();
    this.#client.typing(this.openId, $("text").value ? "start" : "stop");
  }

  #grow() {
    const text = $("text");
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  async #older() {
    const scroll = $("scroll");
    const fromEnd = scroll.scrollHeight - scroll.scrollTop;
    await this.#timeline?.older().catch(() => undefined);
    scroll.scrollTop = scroll.scrollHeight - fromEnd;
  }

  #read() {
    const looking = document.visibilityState === "visible" && document.hasFocus();
    if (this.openId && looking && this.#timeline.state) this.#inbox.read(this.openId).catch(() => undefined);
  }

  #scrollToEnd() {
    $("scroll").scrollTop = $("scroll").scrollHeight;
  }
}

function tickOf({ others }, seq, item) {
  if (item) return item.failure ? undefined : { sign: "◷", says: "Sending" };
  if (seq <= others.readSeq) return { sign: "✓✓", says: "Read", read: true };
  return seq <= others.deliveredSeq ? { sign: "✓✓", says: "Delivered" } : { sign: "✓", says: "Sent" };
}

function messageRow({ day, mine, follows, name, text, faint, note, tick, failure, reactions }) {
  if (day) return element("li", { class: "day", text: day });
  return element(
    "li",
    { class: `message${mine ? " mine" : ""}${follows ? " follows" : ""}${failure ? " failed" : ""}` },
    name && element("span", { class: "sender", text: name }),
    element("p", { class: faint ? "faint" : undefined, dir: "auto", text }),
    element(
      "span",
      { class: "note" },
      note,
      tick &&
        element("span", {
          class: `tick${tick.read ? " read" : ""}`,
          role: "img",
          "aria-label": tick.says,
          title: tick.says,
          text: tick.sign,
        }),
    ),
    reactions.length > 0 &&
      element(
        "span",
        { class: "reactions" },
        ...reactions.map((r) => element("span", { class: r.me ? "me" : undefined, text: r.text })),
      ),
    failure && failureRow(failure),
  );
}

const failureRow = ({ clientMsgId, why }) =>
  element(
    "span",
    { class: "failure" },
    `Not sent: ${why}. `,
    element("button", { class: "link", type: "button", "data-retry": clientMsgId, text: "Try again" }),
    " ",
    element("button", { class: "link", type: "button", "data-discard": clientMsgId, text: "Discard" }),
  );
