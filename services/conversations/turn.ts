import type { Command } from "../../domain/conversation/decision.ts";
import type { ConversationRecord, ConversationState, Derived, Member } from "../../domain/conversation/state.ts";
import type { StoredEntry } from "../../domain/conversation/visibility.ts";
import { type News, newsOf } from "./news.ts";

/** What a turn adds to a commit. */
export interface Write {
  kept?: StoredEntry;
  record?: ConversationRecord;
  members: Member[];
  views: Derived["views"];
  blank?: Derived["blank"];
}

/** A turn that was taken and is not answered yet: its answer waits for the commit of the state it saw. */
export interface PendingTurn {
  /** The id of the entry it makes, if it makes one; the same however often it is decided. */
  readonly entryId: string;
  readonly repeatKey: Command<unknown>["write"];
  readonly write: Write | undefined;
  readonly news: News | undefined;
  prepare(state: ConversationState | null): Promise<void> | undefined;
  /** Decides on `state`, takes it further, and returns it (or the conversation that the turn founded). */
  decide(state: ConversationState | null, now: string): ConversationState | null;
  /** The entry of an earlier decision turned out to be stored; `state` has it. */
  confirm(kept: StoredEntry, state: ConversationState): void;
  /** Gives the answer. */
  settle(): void;
  fail(error: unknown): void;
}

type Outcome<A> = { answer: A } | { error: unknown };

export class Turn<A> implements PendingTurn {
  readonly entryId: string;
  readonly #command: Command<A>;
  readonly #resolve: (answer: A) => void;
  readonly #reject: (error: unknown) => void;
  #outcome: Outcome<A> | undefined;
  write: Write | undefined;
  news: News | undefined;

  constructor(entryId: string, command: Command<A>, resolve: (answer: A) => void, reject: (error: unknown) => void) {
    this.entryId = entryId;
    this.#command = command;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get repeatKey(): Command<A>["write"] {
    return this.#command.write;
  }

  prepare(state: ConversationState | null): Promise<void> | undefined {
    return this.#command.prepare?.(state);
  }

  decide(state: ConversationState | null, now: string): ConversationState | null {
    this.write = undefined;
    this.news = undefined;
    try {
      return this.#decided(state, now);
    } catch (error) {
      this.#outcome = { error };
      return state;
    }
  }

  confirm(kept: StoredEntry, state: ConversationState): void {
    this.write = undefined;
    this.news = newsOf(state, kept, { exceptSession: this.#command.sessionId });
    this.#outcome = { answer: this.#command.answer(kept.entry, state) };
  }

  settle(): void {
    if (!this.#outcome) return;
    if ("answer" in this.#outcome) this.#resolve(this.#outcome.answer);
    else this.#reject(this.#outcome.error);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  #decided(state: ConversationState | null, now: string): ConversationState | null {
    const decision = this.#command.decide(state, { id: this.entryId, now });
    const { founded } = decision;
    const after = founded ?? state;
    if (!after) throw new Error("a decision about nothing");
    if (founded) this.write = { members: [...founded.members.values()], views: [], record: founded.snapshot() };
    if ("entry" in decision) this.#append(after, { entry: decision.entry });
    else {
      this.#outcome = { answer: decision.answer };
      if (decision.again)
        this.news = { ...newsOf(after, { entry: decision.again }, { exceptSession: this.#command.sessionId }), repeated: true };
      else if (founded)
        this.news = { conversationId: after.conversationId, recipients: [], returned: [], newcomers: after.present };
    }
    if (founded?.type === "direct" && this.news) this.news.newcomers = founded.present;
    return after;
  }

  #append(state: ConversationState, kept: StoredEntry): void {
    const previousVersion = state.version;
    const { members, views, blank, snapshot } = state.apply(kept);
    const founding = this.write;
    const record = snapshot || founding ? state.snapshot() : undefined;
    this.write = { kept, record, views, blank, members: founding ? [...founding.members, ...members] : members };
    this.news = newsOf(state, kept, { exceptSession: this.#command.sessionId, previousVersion });
    this.#outcome = { answer: this.#command.answer(kept.entry, state) };
  }
}
