import type { Entry } from "../../contracts/entry.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import type { ServerData } from "../../contracts/socket-events.ts";
import type { ChatClient } from "../client.ts";
import { summaryWithEntry, summaryWithReceipt } from "./conversation-summary.ts";

const pageLimit = 200;

/** The list of this user's conversations, kept up with what happens. Ask `refresh` after each connect. */
export class Inbox {
  readonly #client: ChatClient;
  readonly #onChange: () => void;
  readonly #stop: (() => void)[];
  #conversations = new Map<string, Conversation>();
  #fetching = new Map<string, { again: boolean }>();

  constructor(client: ChatClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
    this.#stop = [
      client.on("conversation", (conversation) => this.#put(conversation)),
      client.on("entry", (entry) => this.#entry(entry)),
      client.on("receipt", (receipt) => this.#receipt(receipt)),
      client.on("reset", ({ conversationId }) => void this.fetch(conversationId)),
      client.on("change", (change) => "conversationId" in change && void this.fetch(change.conversationId)),
    ];
  }

  /** Pinned ones first, then by their last message. */
  get conversations(): Conversation[] {
    const byTime = (a: Conversation, b: Conversation) => b.lastMessageAt.localeCompare(a.lastMessageAt);
    return [...this.#conversations.values()].sort((a, b) => Number(b.pinned) - Number(a.pinned) || byTime(a, b));
  }

  get(conversationId: string): Conversation | undefined {
    return this.#conversations.get(conversationId);
  }

  /** Reads the whole list anew. */
  async refresh(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.#client.call("GET /conversations", { query: { limit: pageLimit, cursor } });
      for (const conversation of page.items) this.#keep(conversation);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    this.#onChange();
  }

  /** Reads one anew. Asked for while it is being read, it is read once more after. */
  async fetch(conversationId: string): Promise<void> {
    const under = this.#fetching.get(conversationId);
    if (under) return void (under.again = true);
    const fetching = { again: true };
    this.#fetching.set(conversationId, fetching);
    try {
      while (fetching.again) {
        fetching.again = false;
        this.#put(await this.#client.call("GET /conversations/:id", { params: { id: conversationId } }));
      }
    } catch {
      // It stays as it was; the next refresh brings it.
    } finally {
      this.#fetching.delete(conversationId);
    }
  }

  /** Marks everything in it as read, here and at the server. */
  async read(conversationId: string): Promise<void> {
    const conversation = this.#conversations.get(conversationId);
    const userId = this.#client.user?.id;
    if (!conversation || !userId || conversation.readSeq >= conversation.lastSeq) return;
    const receipt = { conversationId, userId, readSeq: conversation.lastSeq, at: "" };
    await this.#client.read(conversationId, conversation.lastSeq);
    this.#receipt(receipt);
  }

  /** Hears no more. */
  close(): void {
    for (const stop of this.#stop) stop();
  }

  #entry(entry: Entry): void {
    const conversation = this.#conversations.get(entry.conversationId);
    const userId = this.#client.user?.id ?? "";
    if (conversation) this.#put(summaryWithEntry(conversation, entry, userId));
    const aboutTheGroup = entry.kind === "member" || entry.kind === "update";
    if (!conversation || aboutTheGroup) void this.fetch(entry.conversationId);
  }

  #receipt(receipt: ServerData<"receipt">): void {
    const conversation = this.#conversations.get(receipt.conversationId);
    const after = conversation && summaryWithReceipt(conversation, receipt, this.#client.user?.id ?? "");
    if (after) this.#put(after);
    else void this.fetch(receipt.conversationId);
  }

  #put(conversation: Conversation): void {
    this.#keep(conversation);
    this.#onChange();
  }

  /** An answer may be older than what happened meanwhile. */
  #keep(conversation: Conversation): void {
    const known = this.#conversations.get(conversation.id);
    const outdated = known && known.epoch === conversation.epoch && known.lastSeq > conversation.lastSeq;
    if (outdated) void this.fetch(conversation.id);
    else this.#conversations.set(conversation.id, conversation);
  }
}
