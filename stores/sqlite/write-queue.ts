import type { Clock, Timer } from "../../contracts/clock.ts";
import { OverloadedError } from "../../contracts/errors.ts";
import { CommitRefused, CommitUnknown } from "../message-log.ts";
import { unavailable } from "../unavailable.ts";
import type { Answer, Command, CommandName, Outcome, Params, Returns } from "./commands.ts";
import { WriterThread, type WriterThreadOptions } from "./writer-thread.ts";

export interface WriteLimits {
  /** A write without an answer for so long rejects. */
  timeMs: number;
  /** What may wait for the writer, in number and in about so many bytes; more is OVERLOADED. */
  items: number;
  bytes: number;
  /** Writes in one transaction. */
  batch: number;
}

export const writeLimits: WriteLimits = { timeMs: 5000, items: 20_000, bytes: 64 * 1024 * 1024, batch: 2000 };

interface Write {
  command: Command;
  bytes: number;
  deadline: number;
  resolve(value: Returns<CommandName>): void;
  reject(error: Error): void;
}

/**
 * Group commit. When the writer is idle, the writes of one turn of the event loop share a transaction; those that come while
 * it is under way make the next one, in the order they came. A write rejects with
 * - OverloadedError: the queue is full; UnavailableError: the writer did not get it. It will not happen.
 * - CommitRefused: the writer did not do it.
 * - CommitUnknown: the writer got it and did not say.
 */
export class WriteQueue {
  readonly #thread: WriterThread;
  readonly #clock: Clock;
  readonly #limits: WriteLimits;
  #waiting: Write[] = [];
  #inFlight: Write[] = [];
  #bytes = 0;
  #timer: Timer | undefined;
  #closed = false;
  #aboutToSend = false;

  constructor(options: WriterThreadOptions & { limits: WriteLimits }) {
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#thread = new WriterThread(options, {
      answered: (answer) => this.#answered(answer),
      died: (cause) => this.#died(cause),
    });
  }

  async submit<N extends CommandName>(name: N, params: Params<N>, bytes = 256): Promise<Returns<N>> {
    if (this.#closed || !this.#thread.alive) throw unavailable("no writer");
    if (this.#waiting.length >= this.#limits.items || this.#bytes + bytes > this.#limits.bytes) throw new OverloadedError();
    return this.#enqueue(name, params, bytes);
  }

  /** Lets what is under way end, then ends the writer. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const last = this.#thread.alive ? this.#enqueue("ping", null, 0) : null;
    this.#closed = true;
    await last?.catch(() => {});
    await this.#thread.close(this.#limits.timeMs);
    this.#died("closed");
  }

  #enqueue<N extends CommandName>(name: N, params: Params<N>, bytes: number): Promise<Returns<N>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        command: [name, params] as unknown as Command,
        bytes,
        deadline: this.#clock.now() + this.#limits.timeMs,
        resolve: resolve as Write["resolve"],
        reject,
      });
      this.#bytes += bytes;
      this.#watch();
      this.#sendSoon();
    });
  }

  #sendSoon(): void {
    if (this.#inFlight.length > 0 || this.#aboutToSend) return;
    this.#aboutToSend = true;
    setImmediate(() => {
      this.#aboutToSend = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#inFlight.length > 0 || this.#waiting.length === 0) return;
    this.#inFlight = this.#waiting.splice(0, this.#limits.batch);
    this.#thread.send(this.#inFlight.map((write) => write.command));
  }

  #answered(answer: Answer): void {
    const done = this.#inFlight;
    this.#inFlight = [];
    this.#release(done);
    this.#send();
    for (const [i, write] of done.entries()) {
      if ("unknown" in answer) write.reject(new CommitUnknown({ cause: answer.unknown }));
      else settle(write, answer.outcomes[i]);
    }
  }

  #died(cause: unknown): void {
    const [inFlight, waiting] = [this.#inFlight, this.#waiting];
    this.#inFlight = [];
    this.#waiting = [];
    this.#bytes = 0;
    for (const write of inFlight) write.reject(new CommitUnknown({ cause }));
    for (const write of waiting) write.reject(unavailable(cause));
  }

  /** Sees to it that the oldest write rejects in time: one timer for all of them. */
  #watch(): void {
    const now = this.#clock.now();
    const next = this.#inFlight.find((write) => write.deadline > now) ?? this.#waiting[0];
    if (!next || this.#timer) return;
    this.#timer = this.#clock.after(next.deadline - now, () => {
      this.#timer = undefined;
      this.#giveUp(this.#clock.now());
      this.#watch();
    });
  }

  /** What is in flight stays there: its answer still frees the writer. To reject a settled write does nothing. */
  #giveUp(now: number): void {
    for (const write of this.#inFlight) {
      if (write.deadline <= now) write.reject(new CommitUnknown({ cause: "time limit" }));
    }
    const late = this.#waiting.filter((write) => write.deadline <= now);
    this.#waiting.splice(0, late.length);
    this.#release(late);
    for (const write of late) write.reject(unavailable("time limit"));
  }

  #release(writes: Write[]): void {
    for (const write of writes) this.#bytes -= write.bytes;
  }
}

function settle(write: Write, outcome: Outcome | undefined): void {
  if (outcome === null) write.resolve(null);
  else if (!outcome) write.reject(new CommitUnknown({ cause: "no outcome" }));
  else if ("refused" in outcome) write.reject(new CommitRefused(outcome.refused, { cause: outcome.detail }));
  else write.resolve(outcome.value);
}
