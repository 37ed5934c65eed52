import {
  type ChatClient,
  type ConnectionState,
  type Conversation,
  Inbox,
  type MessageEntry,
  type User,
} from "../../client/index.ts";
import { OpenChat } from "./open-chat.ts";
import { People } from "./people.ts";

const frameMs = 16;

/** Everything one signed-in user sees, and what tells React that it changed. */
export class ChatModel {
  readonly client: ChatClient;
  readonly inbox: Inbox;
  readonly people: People;
  /** What is written and not sent, by conversation. */
  readonly drafts = new Map<string, string>();
  /** The newest message of somebody else, for those who cannot see it come. */
  heard: MessageEntry | undefined;
  #open: OpenChat | undefined;
  #version = 0;
  #due = false;
  readonly #listeners = new Set<() => void>();

  constructor(client: ChatClient) {
    this.client = client;
    const changed = () => this.#changed();
    this.inbox = new Inbox(client, changed);
    this.people = new People(client, changed);
    client.on("ready", () => void this.#catchUp());
    client.on("outbox", changed);
    client.on("connection", changed);
    client.on("message", (message) => this.#hear(message));
    client.on("conversation", ({ peer }) => peer && this.#meet([peer]));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Another number whenever something changed. */
  readonly version = (): number => this.#version;

  get user(): User | undefined {
    return this.client.user;
  }

  get connection(): ConnectionState {
    return this.client.connection;
  }

  /** A direct conversation is in the list from its first message on. */
  get conversations(): Conversation[] {
    return this.inbox.conversations.filter(({ type, lastSeq, id }) => type !== "direct" || lastSeq > 0 || id === this.#open?.id);
  }

  get unread(): number {
    return this.inbox.conversations.reduce((sum, { muted, unread }) => sum + (muted ? 0 : unread), 0);
  }

  get chat(): OpenChat | undefined {
    return this.#open;
  }

  enter(): void {
    if (this.user) this.people.know(this.user);
    this.client.connect();
    this.#changed();
  }

  open(conversationId: string | undefined): void {
    if (conversationId === this.#open?.id) return;
    this.#open?.close();
    const { client, inbox } = this;
    this.#open = conversationId ? new OpenChat(conversationId, { client, inbox, onChange: () => this.#changed() }) : undefined;
    void this.#open?.open();
    this.#changed();
  }

  /** The direct conversation with somebody, made if it is not there. */
  async begin(userId: string): Promise<string> {
    const { id } = await this.client.call("POST /conversations", { body: { userId } });
    await this.inbox.fetch(id);
    return id;
  }

  async makeGroup(name: string, memberIds: string[]): Promise<string> {
    const { conversation } = await this.client.call("POST /groups", { body: { name, memberIds } });
    await this.inbox.fetch(conversation.id);
    return conversation.id;
  }

  async #catchUp(): Promise<void> {
    await this.inbox.refresh().catch(() => undefined);
    this.#meet(this.inbox.conversations.flatMap(({ peer }) => peer ?? []));
    await this.#open?.open();
  }

  #meet(users: User[]): void {
    for (const user of users) this.people.know(user);
    void this.client.watchPresence(users.map(({ id }) => id));
  }

  #hear(message: MessageEntry): void {
    if (message.senderId !== this.user?.id) this.heard = message;
    this.#changed();
  }

  /** A burst of events is drawn once. No animation frame: a tab in the background tells its title and its screen reader too. */
  #changed(): void {
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => {
      this.#due = false;
      this.#version++;
      for (const listener of this.#listeners) listener();
    }, frameMs);
  }
}
