import { isPresent } from "../../domain/conversation/state.ts";
import { endOfTurn } from "../../domain/pacing/end-of-turn.ts";
import type { Commit, MessageLog } from "../../stores/message-log.ts";
import type { CommitMetrics } from "./metrics.ts";
import type { PendingTurn } from "./turn.ts";

export interface CommitPipelineOptions {
  conversationId: string;
  log: MessageLog;
  /** Rejects if the log goes on after what was committed here: another node has appended to it. */
  mustBeNewest(): Promise<void>;
  /** These turns are committed, and so is all they saw; in order. */
  onCommitted(turns: PendingTurn[]): void;
  /** A commit failed: all turns without an answer, in order. `attempted` of them were in it. The pipeline is empty again. */
  onFailed(turns: PendingTurn[], attempted: number, error: unknown): void;
  metrics: Pick<CommitMetrics, "committed">;
  /** What the first commit marks the conversation with, if anything. */
  mark?: string;
}

/** Most turns that share a commit. */
const MOST = 128;

/**
 * Turns on their way to the log: one commit in flight, while the next turns gather. A turn that writes nothing
 * goes the same way, so that its answer rests on nothing that can still roll back. An entry is refused when another
 * node was first; where there is no entry, the log is asked.
 */
export class CommitPipeline {
  readonly #options: CommitPipelineOptions;
  #flying: PendingTurn[] = [];
  #gathered: PendingTurn[] = [];
  #busy = false;
  #work: Promise<void> = Promise.resolve();
  #alone = false;
  /** The conversation has its mark. To be unset whenever another node may have set its own. */
  marked = false;

  constructor(options: CommitPipelineOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flying.length + this.#gathered.length;
  }

  push(turns: PendingTurn[]): void {
    this.#gathered.push(...turns);
    if (this.#busy || this.#gathered.length === 0) return;
    this.#busy = true;
    this.#work = this.#drain();
  }

  /** Until the next success each turn has a commit of its own, so that one which the store will not take is found. */
  oneByOne(): void {
    this.#alone = true;
  }

  /** Resolves when nothing is under way, or something has failed. */
  drained(): Promise<void> {
    return this.#work;
  }

  async #drain(): Promise<void> {
    // What else came with the first shares its commit.
    await endOfTurn();
    while (this.#gathered.length) {
      this.#flying = this.#nextTurns();
      const commit = commitOf(this.#options.conversationId, this.#flying);
      if (commit && !this.marked) commit.activeOn = this.#options.mark;
      try {
        if (!commit?.entries.length) await this.#options.mustBeNewest();
        if (commit) await this.#append(commit);
      } catch (error) {
        this.#failed(error);
        return;
      }
      if (commit) this.#alone = false;
      if (commit?.activeOn !== undefined) this.marked = true;
      const committed = this.#flying;
      this.#flying = [];
      this.#options.onCommitted(committed);
    }
    this.#busy = false;
  }

  async #append(commit: Commit): Promise<void> {
    const begun = performance.now();
    await this.#options.log.append(commit);
    this.#options.metrics.committed(commit.entries.length, performance.now() - begun);
  }

  #failed(error: unknown): void {
    const attempted = this.#flying.length;
    const turns = [...this.#flying, ...this.#gathered];
    this.#flying = [];
    this.#gathered = [];
    this.#busy = false;
    this.#options.onFailed(turns, attempted, error);
  }

  /**
   * A commit empties messages with one `deletedAt`, so turns that need two are parted. Nothing follows in it where
   * somebody goes: a store may write entries before the members' rows, and whoever reads between the two would be
   * shown what was said behind their back.
   */
  #nextTurns(): PendingTurn[] {
    const most = this.#alone ? 1 : MOST;
    let deletedAt: string | undefined;
    let count = 0;
    for (const { write } of this.#gathered) {
      if (count === most) break;
      deletedAt ??= write?.blank?.deletedAt;
      if (write?.blank && write.blank.deletedAt !== deletedAt) break;
      count++;
      if (write?.members.some((member) => !isPresent(member))) break;
    }
    return this.#gathered.splice(0, count);
  }
}

/** What the turns write together; of a row that several changed, the last state. */
function commitOf(conversationId: string, turns: PendingTurn[]): Commit | undefined {
  const commit: Commit = { conversationId, entries: [] };
  let writes = 0;
  for (const { write } of turns) {
    if (!write) continue;
    writes++;
    if (write.kept) commit.entries.push(write.kept);
    if (write.record) commit.record = write.record;
    if (write.members.length) commit.members = [...(commit.members ?? []), ...write.members];
    if (write.views.length) commit.views = [...(commit.views ?? []), ...write.views];
    if (write.blank) commit.blank = { ...write.blank, seqs: [...(commit.blank?.seqs ?? []), ...write.blank.seqs] };
  }
  if (writes === 0) return undefined;
  if (commit.members) commit.members = lastOf(commit.members, (member) => member.userId);
  if (commit.views) commit.views = lastOf(commit.views, (view) => view.seq);
  return commit;
}

function lastOf<T, K>(rows: T[], keyOf: (row: T) => K): T[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}
