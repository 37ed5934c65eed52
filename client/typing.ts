import type { Clock, Timer } from "../contracts/clock.ts";
import type { ServerData } from "../contracts/socket-events.ts";

export type TypingSignal = ServerData<"typing">;

interface TypingParts {
  clock: Clock;
  say(signal: { conversationId: string; state: "start" | "stop" }): void;
  /** Somebody began or stopped. */
  onTyping(signal: TypingSignal): void;
}

const sayEveryMs = 3_000;
const goneAfterMs = 6_000;

/** Typing both ways: one's own is said at most every three seconds, others' ends by itself after six. */
export class Typing {
  readonly #parts: TypingParts;
  #saidAt = new Map<string, number>();
  #others = new Map<string, Timer>();

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  /** May be called at every key. */
  start(conversationId: string): void {
    const now = this.#parts.clock.now();
    if (now - (this.#saidAt.get(conversationId) ?? Number.NEGATIVE_INFINITY) < sayEveryMs) return;
    this.#saidAt.set(conversationId, now);
    this.#parts.say({ conversationId, state: "start" });
  }

  stop(conversationId: string): void {
    if (this.#saidAt.delete(conversationId)) this.#parts.say({ conversationId, state: "stop" });
  }

  heard(signal: TypingSignal): void {
    const key = `${signal.conversationId} ${signal.userId}`;
    const before = this.#others.get(key);
    before?.cancel();
    this.#others.delete(key);
    if (signal.state === "start") {
      this.#others.set(
        key,
        this.#parts.clock.after(goneAfterMs, () => this.heard({ ...signal, state: "stop" })),
      );
    }
    if ((signal.state === "start") !== Boolean(before)) this.#parts.onTyping(signal);
  }

  /** Ends its timers. */
  close(): void {
    for (const timer of this.#others.values()) timer.cancel();
    this.#others.clear();
    this.#saidAt.clear();
  }
}
