import type { Clock } from "../../contracts/clock.ts";
import { OverloadedError, UnavailableError, ValidationError } from "../../contracts/errors.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { asMember } from "../../domain/conversation/access.ts";
import type { ConversationState } from "../../domain/conversation/state.ts";
import { CommitRefused, type MessageLog, type StoredEntry } from "../../stores/message-log.ts";
import type { ParticipationStore } from "../../stores/participation.ts";
import { admitWrites, loadState } from "./activation.ts";
import type { ActiveMarks } from "./active-marks.ts";
import type { Announcer } from "./announcer.ts";
import { CommitPipeline } from "./commit-pipeline.ts";
import { entriesAbove, lastMinute } from "./log-tail.ts";
import type { CommitMetrics } from "./metrics.ts";
import { newsOf } from "./news.ts";
import type { ReceiptBook } from "./receipt-book.ts";
import type { PendingTurn } from "./turn.ts";

export interface ActorParts {
  conversationId: string;
  clock: Clock;
  log: MessageLog;
  participation: ParticipationStore;
  announcer: Announcer;
  receipts: ReceiptBook;
  metrics: CommitMetrics;
  /** Where it is noted that the conversation is active on this node, in case that the node dies. */
  marks?: ActiveMarks;
  /** The store stayed away: this activation is good for nothing more. */
  onFailed(actor: ConversationActor): void;
}

/** Most turns that may wait for a commit. */
const MOST_PENDING = 1000;
/** When the store has not been well for so long, whoever waits is told. Clients ask again after 5 s. */
const PATIENCE_MS = 4000;
const FIRST_DELAY_MS = 25;
const LONGEST_DELAY_MS = 800;
/** After so many failures in a row turns are committed one by one; a lone one that is refused then is given up. */
const FAILURES_BEFORE_ALONE = 3;
/** Entries found in the log that are told; whoever is further behind sees it by the gap. */
const MOST_FOUND = 500;

/**
 * One conversation, come to life. Its state runs ahead of the store: a turn is decided on it at once and ends
 * when its entry is handed to the pipeline, and is answered when that is committed. When a commit fails, the
 * state is loaded again and the turns without an answer are decided again, in order.
 */
export class ConversationActor {
  readonly #parts: ActorParts;
  readonly #pipeline: CommitPipeline;
  #state: ConversationState | null;
  #committedSeq: number;
  #recovery: Promise<void> | undefined;
  #failures = 0;
  /** Since when turns wait for a commit without any that succeeded. */
  #waitingSince = 0;
  #dead = false;

  constructor(state: ConversationState | null, parts: ActorParts) {
    this.#parts = parts;
    this.#state = state;
    this.#committedSeq = state?.lastSeq ?? 0;
    this.#pipeline = new CommitPipeline({
      conversationId: parts.conversationId,
      log: parts.log,
      mustBeNewest: () => this.#mustBeNewest(),
      onCommitted: (turns) => this.#committed(turns),
      onFailed: (turns, attempted, error) => this.#failed(turns, attempted, error),
      metrics: parts.metrics,
      mark: parts.marks?.incarnation,
    });
  }

  /** Takes the turn, at once if it can. It is answered later, through itself; what this throws is its answer now. */
  take(turn: PendingTurn): Promise<void> | undefined {
    const hindrance = this.#hindrance(turn);
    // Nothing may come between the last look and the decision: a commit could fail there, and the state be void.
    if (hindrance) return hindrance.then(() => this.take(turn));
    if (this.#dead) throw new UnavailableError("the message store does not answer");
    if (this.#pipeline.size >= MOST_PENDING) throw new OverloadedError("too much waits for this conversation's commits");
    if (this.#pipeline.size === 0) this.#waitingSince = this.#parts.clock.now();
    this.#decide(turn);
    this.#pipeline.push([turn]);
    return undefined;
  }

  /** Moves the viewer's cursors. What lies beyond the viewer's own leaving is not the viewer's to reach. */
  async moveCursor(viewer: Viewer, kind: "delivered" | "read", seq: number): Promise<void> {
    if (seq > this.#committedSeq || !this.#state?.members.has(viewer.userId)) await this.#lookAgain();
    const { member } = asMember(this.#state, viewer.userId);
    if (seq > this.#committedSeq) throw ValidationError.at("seq", "is above the end of the log");
    const upTo = Math.min(seq, member.intervals.at(-1)?.to ?? seq);
    const { conversationId, participation, clock, receipts } = this.#parts;
    if (kind === "delivered") participation.advanceDevices([{ deviceId: viewer.deviceId, conversationId, seq: upTo }]);
    await receipts.move(member, kind, upTo, new Date(clock.now()).toISOString());
  }

  /** Up to here it is known that everybody was told. */
  get toldSeq(): number {
    return this.#committedSeq;
  }

  /** Takes over from an activation that failed: what the log has above `toldSeq` may have come of it, untold. */
  async takeOver(toldSeq: number): Promise<void> {
    this.#committedSeq = Math.min(toldSeq, this.#committedSeq);
    await this.#reload([]);
  }

  /** Tells the last minute once more: whoever committed it may have died before telling anybody. */
  async tellAgain(): Promise<void> {
    await this.#lookAgain();
    const { log, conversationId, announcer } = this.#parts;
    const recent = await lastMinute(log, conversationId, this.#committedSeq);
    const state = this.#state;
    if (state) announcer.announce(recent.map((kept) => newsOf(state, kept)));
    await announcer.idle();
  }

  /** Finishes what is under way. */
  async passivate(): Promise<void> {
    const { announcer, marks, conversationId } = this.#parts;
    await this.#settled();
    await announcer.idle();
    if (this.#pipeline.marked) marks?.release(conversationId);
  }

  async #settled(): Promise<void> {
    while (this.#recovery || this.#pipeline.size) await (this.#recovery ?? this.#pipeline.drained());
  }

  /** Two nodes may own a conversation for a while. Only the log knows which of them is behind. */
  async #mustBeNewest(): Promise<void> {
    const { log, conversationId } = this.#parts;
    const [head] = await log.heads([conversationId]);
    if ((head?.lastSeq ?? 0) !== this.#committedSeq) throw new CommitRefused("seq");
  }

  /** Before saying no: the store may know more. */
  async #lookAgain(): Promise<void> {
    await this.#settled();
    await this.#mustBeNewest().catch(() => this.#reload([]));
  }

  /** What to wait for before this turn can be decided. */
  #hindrance(turn: PendingTurn): Promise<void> | undefined {
    if (this.#dead) return undefined;
    return this.#recovery ?? turn.prepare(this.#state);
  }

  #decide(turn: PendingTurn): void {
    this.#state = turn.decide(this.#state, this.#now());
  }

  /** Times do not decrease within a log; as text they are in the order of time. */
  #now(): string {
    const now = new Date(this.#parts.clock.now()).toISOString();
    const lastAt = this.#state?.lastAt;
    return lastAt && lastAt > now ? lastAt : now;
  }

  #committed(turns: PendingTurn[]): void {
    this.#settle(turns);
    this.#parts.announcer.announce(turns.flatMap(({ news }) => news ?? []));
  }

  #settle(turns: PendingTurn[]): void {
    if (turns.length === 0) return;
    this.#failures = 0;
    this.#waitingSince = this.#parts.clock.now();
    const entries = turns.flatMap(({ news }) => (news?.entry && !news.repeated ? [news.entry] : []));
    this.#committedSeq = Math.max(this.#committedSeq, entries.at(-1)?.seq ?? 0);
    this.#parts.receipts.committed(entries, this.#state);
    this.#state?.trim(this.#committedSeq);
    for (const turn of turns) turn.settle();
  }

  #failed(turns: PendingTurn[], attempted: number, error: unknown): void {
    this.#failures++;
    const refused = error instanceof CommitRefused && error.reason === "refused";
    if (refused && attempted === 1 && this.#failures > FAILURES_BEFORE_ALONE) {
      turns.shift()?.fail(new UnavailableError("the message store does not take this"));
    }
    if (this.#failures >= FAILURES_BEFORE_ALONE) this.#pipeline.oneByOne();
    const recovery = this.#recover(turns).finally(() => {
      if (this.#recovery === recovery) this.#recovery = undefined;
    });
    this.#recovery = recovery;
  }

  async #recover(turns: PendingTurn[]): Promise<void> {
    let left = turns;
    while (this.#parts.clock.now() - this.#waitingSince < PATIENCE_MS) {
      if (this.#failures > 1) await this.#delay();
      try {
        left = await this.#reload(left);
        for (const turn of left) await this.#decideAgain(turn);
        this.#pipeline.push(left);
        return;
      } catch {
        this.#failures++;
      }
    }
    this.#giveUp(left);
  }

  #delay(): Promise<void> {
    const ms = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 2));
    return new Promise((resolve) => void this.#parts.clock.after(ms, resolve));
  }

  /** Takes the state from the store. Turns whose entries are stored, whatever was said, are answered; the others are left. */
  async #reload(turns: PendingTurn[]): Promise<PendingTurn[]> {
    const { log, participation, conversationId, receipts } = this.#parts;
    const state = await loadState(log, conversationId);
    const cursors = state ? await participation.cursorsOf(conversationId) : [];
    const found = await entriesAbove(log, conversationId, this.#committedSeq, state?.lastSeq ?? 0);
    this.#pipeline.marked = false;
    // The turns may repeat what is further back than the state remembers.
    const writes = turns.flatMap(({ repeatKey }) => repeatKey ?? []);
    if (state) await admitWrites(log, state, writes);
    this.#state = state;
    this.#committedSeq = state?.lastSeq ?? 0;
    receipts.reloaded(state, cursors);
    return state ? this.#confirm(turns, found, state) : turns;
  }

  /** Answers the turns whose entries were found and tells of all that was; answers with the others. */
  #confirm(turns: PendingTurn[], found: StoredEntry[], state: ConversationState): PendingTurn[] {
    const waiting = new Map(turns.map((turn) => [turn.entryId, turn]));
    const news = found.map((kept) => {
      const turn = waiting.get(kept.entry.id);
      turn?.confirm(kept, state);
      return turn?.news ?? newsOf(state, kept);
    });
    const stored = new Set(found.map(({ entry }) => entry.id));
    this.#settle(turns.filter(({ entryId }) => stored.has(entryId)));
    this.#parts.announcer.announce(news.slice(-MOST_FOUND));
    return turns.filter(({ entryId }) => !stored.has(entryId));
  }

  async #decideAgain(turn: PendingTurn): Promise<void> {
    for (let fetching = turn.prepare(this.#state); fetching; fetching = turn.prepare(this.#state)) await fetching;
    this.#decide(turn);
  }

  #giveUp(turns: PendingTurn[]): void {
    this.#dead = true;
    for (const turn of turns) turn.fail(new UnavailableError("the message store does not answer"));
    this.#parts.onFailed(this);
  }
}
