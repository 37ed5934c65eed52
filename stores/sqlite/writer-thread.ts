import { Worker } from "node:worker_threads";
import type { Clock } from "../../contracts/clock.ts";
import type { Answer, Command, Order } from "./commands.ts";

/** A thread that died is started again after so long. */
const RESTART_MS = 1000;

export interface WriterEvents {
  /** The batch last sent is done. */
  answered(answer: Answer): void;
  /** The thread is gone, and what it was about may be done or not. */
  died(cause: unknown): void;
}

export interface WriterThreadOptions {
  clock: Clock;
  spawn: () => Worker;
}

export const spawnWriter = (file: string): Worker =>
  new Worker(new URL("./writer.worker.ts", import.meta.url), { workerData: { file }, name: "message-store" });

/** Keeps one writer thread alive. */
export class WriterThread {
  readonly #options: WriterThreadOptions;
  readonly #events: WriterEvents;
  #worker: Worker | undefined;
  #closing = false;

  constructor(options: WriterThreadOptions, events: WriterEvents) {
    this.#options = options;
    this.#events = events;
    this.#start();
  }

  get alive(): boolean {
    return this.#worker !== undefined;
  }

  send(commands: Command[]): void {
    this.#worker?.postMessage(commands satisfies Order);
  }

  /** Closes the file and ends the thread, by force if it takes too long. */
  async close(timeMs: number): Promise<void> {
    this.#closing = true;
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    const late = this.#options.clock.after(timeMs, () => worker.terminate());
    worker.postMessage("close" satisfies Order);
    await ended;
    late.cancel();
  }

  #start(): void {
    if (this.#closing) return;
    const worker = this.#options.spawn();
    let cause: unknown = "the writer ended";
    worker.on("message", (answer: Answer) => this.#events.answered(answer));
    worker.on("error", (error) => {
      cause = error;
    });
    worker.once("exit", () => this.#ended(cause));
    this.#worker = worker;
  }

  #ended(cause: unknown): void {
    this.#worker = undefined;
    if (this.#closing) return;
    this.#events.died(cause);
    this.#options.clock.after(RESTART_MS, () => this.#start());
  }
}
