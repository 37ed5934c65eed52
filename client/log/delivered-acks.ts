import type { Clock, Timer } from "../../contracts/clock.ts";
import { asRequestError } from "../connection/request-error.ts";

interface DeliveredAcksParts {
  clock: Clock;
  /** Sends one `receipt:delivered`. */
  acknowledge(upTo: { conversationId: string; seq: number }): Promise<unknown>;
}

const everyMs = 200;
const atOnce = 16;

/** Tells the server how far this device has stored each conversation: the furthest place only, not more often than needed. */
export class DeliveredAcks {
  readonly #parts: DeliveredAcksParts;
  #pending = new Map<string, number>();
  #said = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(parts: DeliveredAcksParts) {
    this.#parts = parts;
  }

  /** `seq`: the end of what is stored without a gap. */
  note(conversationId: string, seq: number): void {
    if (seq <= (this.#said.get(conversationId) ?? 0)) return;
    this.#pending.set(conversationId, seq);
    this.#timer ??= this.#parts.clock.after(everyMs, () => void this.flush());
  }

  /** A new connection: what was said on the one before may be lost. */
  begin(): void {
    this.#said.clear();
  }

  /** Resolves when everything noted was said, or could not be. What could not is said again with the next entry. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const all = [...this.#pending];
    this.#pending.clear();
    for (let i = 0; i < all.length; i += atOnce) {
      await Promise.all(all.slice(i, i + atOnce).map(([conversationId, seq]) => this.#say(conversationId, seq)));
    }
  }

  async #say(conversationId: string, seq: number): Promise<void> {
    this.#said.set(conversationId, seq);
    try {
      await this.#parts.acknowledge({ conversationId, seq });
    } catch (error) {
      if (!asRequestError(error).retryable) return;
      if (this.#said.get(conversationId) === seq) this.#said.delete(conversationId);
      if (asRequestError(error).code !== "DISCONNECTED") this.note(conversationId, seq);
    }
  }
}
