import { LRUCache } from "lru-cache";
import type { Logger } from "moleculer";
import type { Params, Returns } from "../../contracts/caller.ts";
import type { ActionsOf } from "../../contracts/service.ts";
import type { Conversation } from "../../contracts/shapes.ts";
import type { ActorHost } from "../../domain/actor/actor-host.ts";
import type { Command } from "../../domain/conversation/decision.ts";
import { actorHost } from "../../mixins/actor.mixin.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import type { Deps } from "../deps.ts";
import { loadState } from "./activation.ts";
import { ActiveMarks } from "./active-marks.ts";
import { Announcer } from "./announcer.ts";
import { Commands } from "./commands.ts";
import { ConversationActor } from "./conversation-actor.ts";
import { Inheritance } from "./inheritance.ts";
import { type CommitMetrics, commitMetrics } from "./metrics.ts";
import { Publisher } from "./publisher.ts";
import { ReceiptBook } from "./receipt-book.ts";
import { receiptDetails } from "./receipt-details.ts";
import { ReceiptTicker } from "./receipt-ticker.ts";
import { Turn } from "./turn.ts";

export type WriteVerb =
  | "append"
  | "change"
  | "hide"
  | "openDirect"
  | "createGroup"
  | "membership"
  | "update"
  | "group"
  | "members"
  | "present"
  | "cursor"
  | "typing"
  | "receipts";

const FAILED_REMEMBERED = 10_000;

type ViewOf = (conversationId: string, userId: string) => Promise<Conversation>;

/** An activation: the actor, and the cursors of its conversation. */
interface Living {
  actor: ConversationActor;
  receipts: ReceiptBook;
}

/** All that runs as turns of conversation actors. */
export class ConversationWriting implements Pick<ActionsOf<"conversations">, WriteVerb> {
  readonly #deps: Deps;
  readonly #store: MessageStore;
  readonly #viewOf: ViewOf;
  readonly #commands: Commands;
  readonly #host: ActorHost<Living>;
  readonly #publisher: Publisher;
  readonly #ticker: ReceiptTicker;
  readonly #metrics: CommitMetrics;
  #marks: ActiveMarks | undefined;
  #inheritance: Inheritance | undefined;
  readonly #warn: (error: unknown) => void;
  #stopping: Promise<void> | undefined;
  /** Of conversations whose last activation failed: up to where everybody was told. */
  readonly #failed = new LRUCache<string, number>({ max: FAILED_REMEMBERED });

  constructor(deps: Deps, store: MessageStore, viewOf: ViewOf) {
    this.#deps = deps;
    this.#store = store;
    this.#viewOf = viewOf;
    const logger = deps.logger("conversations");
    this.#warn = (error) => logger.warn("members were not told:", error);
    this.#commands = new Commands({ log: store.log, caller: deps.caller, maxMembers: deps.config.groupMembers });
    this.#publisher = new Publisher(deps.caller, this.#warn);
    this.#ticker = new ReceiptTicker(deps.clock, deps.caller, this.#publisher, this.#warn);
    this.#metrics = commitMetrics(deps.metrics);
    this.#host = actorHost(deps, "conversation", {
      activate: (conversationId) => this.#activate(conversationId),
      passivate: ({ actor }) => actor.passivate(),
    });
    deps.placement.onMoved(() => this.#handOver());
    if (deps.placement.clustered) this.#survive(logger);
  }

  /** Whoever owns these conversations next reads from the store how far everybody was. */
  async stop(): Promise<void> {
    await (this.#stopping ??= this.#finish());
  }

  async #finish(): Promise<void> {
    await this.#inheritance?.stop();
    await this.#host.stop();
    await this.#ticker.flush();
    await this.#publisher.idle();
    await this.#store.participation.flush();
    await this.#marks?.flush();
  }

  /** What this node is to remember for the others, and they for it, in case that one of them dies. */
  #survive(logger: Logger): void {
    const { clock, caller, placement, nodeID } = this.#deps;
    const { log } = this.#store;
    const onFailed = (error: unknown) => logger.warn("marks of active conversations:", error);
    this.#marks = new ActiveMarks({ log, clock, incarnation: nodeID, onFailed });
    const tellAgain = (conversationId: string) => this.#host.run(conversationId, ({ actor }) => actor.tellAgain());
    this.#inheritance = new Inheritance({ log, placement, caller, clock, tellAgain, onFailed });
  }

  /** Lets go of the conversations that live elsewhere now. */
  async #handOver(): Promise<void> {
    const { placement } = this.#deps;
    await this.#host.passivateWhere((conversationId) => !placement.isMine("conversations.append", conversationId));
    await this.#store.participation.flush().catch(this.#warn);
  }

  /** Resolves when all that is due is told. */
  async tick(): Promise<void> {
    await this.#ticker.idle();
    await this.#publisher.idle();
  }

  async append(asked: Params<"conversations.append">): Promise<Returns<"conversations.append">> {
    const begun = performance.now();
    const answer = await this.#ask(asked.conversationId, this.#commands.append(asked));
    this.#metrics.appended(performance.now() - begun);
    return answer;
  }

  change(asked: Params<"conversations.change">): Promise<Returns<"conversations.change">> {
    return this.#ask(asked.conversationId, this.#commands.change(asked));
  }

  async hide({ conversationId, viewer, messageId }: Params<"conversations.hide">): Promise<Returns<"conversations.hide">> {
    const { message } = await this.#ask(conversationId, this.#commands.find(viewer, messageId));
    const { seq } = message.entry;
    const { participation } = this.#store;
    if (await participation.hide(viewer.userId, { conversationId, seq })) {
      const change = { op: "hidden", conversationId, id: messageId, seq } as const;
      await participation.record(viewer.userId, change);
      this.#publisher.publish({
        type: "signal",
        event: "change",
        data: change,
        recipients: [viewer.userId],
        exceptSession: viewer.sessionId,
      });
    }
    return { conversationId, seq };
  }

  async openDirect(asked: Params<"conversations.openDirect">): Promise<Returns<"conversations.openDirect">> {
    const { created } = await this.#ask(asked.conversationId, this.#commands.openDirect(asked));
    return { conversation: await this.#viewOf(asked.conversationId, asked.viewer.userId), created };
  }

  async createGroup(asked: Params<"conversations.createGroup">): Promise<Returns<"conversations.createGroup">> {
    const group = await this.#ask(asked.conversationId, await this.#commands.createGroup(asked));
    return { group, conversation: await this.#viewOf(asked.conversationId, asked.viewer.userId) };
  }

  async membership(asked: Params<"conversations.membership">): Promise<Returns<"conversations.membership">> {
    return this.#ask(asked.conversationId, await this.#commands.membership(asked));
  }

  update(asked: Params<"conversations.update">): Promise<Returns<"conversations.update">> {
    return this.#ask(asked.conversationId, this.#commands.update(asked));
  }

  group(asked: Params<"conversations.group">): Promise<Returns<"conversations.group">> {
    return this.#ask(asked.conversationId, this.#commands.group(asked));
  }

  members(asked: Params<"conversations.members">): Promise<Returns<"conversations.members">> {
    return this.#ask(asked.conversationId, this.#commands.members(asked));
  }

  present(asked: Params<"conversations.present">): Promise<Returns<"conversations.present">> {
    return this.#ask(asked.conversationId, this.#commands.present(asked));
  }

  cursor({ conversationId, viewer, kind, seq }: Params<"conversations.cursor">): Promise<void> {
    return this.#host.run(conversationId, ({ actor }) => actor.moveCursor(viewer, kind, seq));
  }

  async typing(asked: Params<"conversations.typing">): Promise<void> {
    const { conversationId, viewer, state } = asked;
    const recipients = await this.#ask(conversationId, this.#commands.typing(asked));
    if (recipients.length === 0) return;
    this.#publisher.publish({
      type: "signal",
      event: "typing",
      data: { conversationId, userId: viewer.userId, state },
      recipients,
    });
  }

  async receipts(asked: Params<"conversations.receipts">): Promise<Returns<"conversations.receipts">> {
    const found = await this.#ask(asked.conversationId, this.#commands.find(asked.viewer, asked.messageId));
    const book = await this.#host.run(asked.conversationId, ({ receipts }) => this.#upToDate(receipts));
    return receiptDetails(found, book, this.#deps.caller, asked.cursor);
  }

  /** The former owner of the conversation may have written cursors after this one read them. */
  async #upToDate(book: ReceiptBook): Promise<ReceiptBook> {
    book.learn(await this.#store.participation.cursorsOf(book.conversationId));
    return book;
  }

  /** A turn of the conversation's actor; answered after the commit of all it saw. */
  #ask<A>(conversationId: string, command: Command<A>): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      const turn = new Turn(this.#deps.newId(), command, resolve, reject);
      this.#host.run(conversationId, ({ actor }) => actor.take(turn)).catch(reject);
    });
  }

  async #activate(conversationId: string): Promise<Living> {
    const { clock, caller } = this.#deps;
    const { log, participation } = this.#store;
    await this.#marks?.revive(conversationId);
    const state = await loadState(log, conversationId);
    const cursors = state ? await participation.cursorsOf(conversationId) : [];
    const receipts = new ReceiptBook(conversationId, state, cursors, {
      log,
      participation,
      onMoved: (book) => this.#ticker.mark(book),
    });
    const publisher = this.#publisher;
    const announcer = new Announcer({ caller, publisher, participation, viewOf: this.#viewOf, onFailed: this.#warn });
    const onFailed = () => {
      this.#failed.set(conversationId, actor.toldSeq);
      this.#host.discard(conversationId, living);
    };
    const parts = { conversationId, clock, log, participation, announcer, receipts, metrics: this.#metrics, onFailed };
    const actor = new ConversationActor(state, { ...parts, marks: this.#marks });
    const living: Living = { actor, receipts };
    await this.#takeOver(conversationId, actor);
    if (state && state.type !== "direct") caller.broadcast("group.activated", { conversationId, version: state.version });
    return living;
  }

  async #takeOver(conversationId: string, actor: ConversationActor): Promise<void> {
    const toldSeq = this.#failed.get(conversationId);
    if (toldSeq === undefined) return;
    await actor.takeOver(toldSeq);
    this.#failed.delete(conversationId);
  }
}
