import { type ChatClient, type Conversation, type CurrentMessage, type Inbox, Timeline } from "../../client/index.ts";
import { type ChatRow, chatRows } from "./chat-rows.ts";

/** How many pages are read to reach where reading left off, or a message that was answered. */
const pagesBack = 8;

interface OpenChatParts {
  client: ChatClient;
  inbox: Inbox;
  onChange(): void;
}

/** The conversation on the screen. */
export class OpenChat {
  readonly id: string;
  readonly #parts: OpenChatParts;
  #timeline: Timeline | undefined;
  #unreadAfter: number | undefined;
  #readTo = 0;
  #reading: Promise<void> | undefined;
  #closed = false;
  #complete = false;
  /** It is not there, or not for this user. */
  missing = false;

  constructor(id: string, parts: OpenChatParts) {
    this.id = id;
    this.#parts = parts;
  }

  get conversation(): Conversation | undefined {
    return this.#parts.inbox.get(this.id);
  }

  /** Whether its newest messages are here, and those since reading left off. */
  get loaded(): boolean {
    return this.#complete && this.#timeline?.state !== undefined;
  }

  get hasMoreBefore(): boolean {
    return this.#timeline?.hasMoreBefore ?? false;
  }

  get rows(): ChatRow[] {
    const { client } = this.#parts;
    return chatRows({
      userId: client.user?.id ?? "",
      messages: this.#timeline?.messages ?? [],
      notices: this.#timeline?.notices ?? [],
      outbox: client.outbox.filter(({ request }) => request.conversationId === this.id),
      unreadAfter: this.#unreadAfter,
    });
  }

  message(id: string): CurrentMessage | undefined {
    return this.#timeline?.messages.find((message) => message.id === id);
  }

  /** One's own last message that can still be edited. */
  get lastOwn(): CurrentMessage | undefined {
    const userId = this.#parts.client.user?.id;
    return this.#timeline?.messages.findLast(
      ({ senderId, deletedAt, type }) => senderId === userId && !deletedAt && type === "text",
    );
  }

  /** Reads it, unless it is here; to be asked again on each connection. */
  async open(): Promise<void> {
    const { client, inbox, onChange } = this.#parts;
    if (this.loaded || this.#closed) return;
    if (!this.conversation) await inbox.fetch(this.id);
    const { conversation } = this;
    this.missing = !conversation && client.connection.state === "online";
    if (!conversation || this.#closed) return onChange();
    if (conversation.unread > 0) this.#unreadAfter ??= conversation.readSeq;
    this.#timeline ??= new Timeline(client, this.id, onChange, { notices: conversation.type !== "direct" });
    await this.#timeline.open().catch(() => undefined);
    const unreadAfter = this.#unreadAfter ?? Number.POSITIVE_INFINITY;
    await this.#readBackTo(({ seq }) => seq <= unreadAfter);
    this.#complete = true;
    onChange();
  }

  older(): Promise<void> {
    this.#reading ??= (this.#timeline?.older() ?? Promise.resolve())
      .catch(() => undefined)
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Reads back until that message is here; false if it is too far. */
  async find(id: string): Promise<boolean> {
    await this.#readBackTo((message) => message.id === id);
    return this.message(id) !== undefined;
  }

  /** The user sees the newest messages. */
  seen(): void {
    const { lastSeq = 0 } = this.conversation ?? {};
    if (!this.loaded || lastSeq <= this.#readTo) return;
    this.#readTo = lastSeq;
    this.#parts.inbox.read(this.id).catch(() => (this.#readTo = 0));
  }

  /** The user does not look: what comes now is new when the user comes back. */
  unseen(): void {
    const { unread, readSeq } = this.conversation ?? {};
    if (!unread) this.#unreadAfter = undefined;
    else this.#unreadAfter ??= readSeq;
  }

  send(content: string, replyTo?: string): void {
    this.#parts.client.send({ conversationId: this.id, content, ...(replyTo !== undefined && { replyTo }) });
    this.#unreadAfter = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#parts.client.typing(this.id, "stop");
    this.#timeline?.close();
  }

  async #readBackTo(reached: (message: CurrentMessage) => boolean): Promise<void> {
    for (let page = 0; page < pagesBack && !this.#closed && this.hasMoreBefore; page++) {
      if (this.#timeline?.messages.some(reached)) return;
      await this.older();
    }
  }
}
