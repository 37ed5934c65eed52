import type { ServerResponse } from "node:http";
import { type CloseReason, closeCodes } from "../../../contracts/close-codes.ts";
import { limits } from "../../../contracts/limits.ts";
import { decodeSyncCursor, encodeSyncCursor } from "../../../domain/conversation/sync-cursor.ts";
import type { EncodedFrame } from "../sessions/encoded-frame.ts";
import type { Transport } from "../sessions/transport.ts";

/** Server-sent events. The id of each is a sync cursor: whoever names it has all that came before it. */
export class EventStreamTransport implements Transport {
  readonly protocol = "events";
  readonly #res: ServerResponse;
  readonly #taken: () => void;
  /** Up to where conversations were sent; the least recently moved first. */
  readonly #positions = new Map<string, number>();
  #changes = 0;
  #id: string | undefined;

  /** `taken`: runs when the system has taken a ping, and so all before it: the only sign of life there is. */
  constructor(res: ServerResponse, taken: () => void) {
    this.#res = res;
    this.#taken = taken;
  }

  send(frame: EncodedFrame, sent?: () => void): void {
    if (this.#res.writableEnded) return;
    this.#note(frame);
    this.#res.write(`${frame.eventStream}id: ${this.#cursor()}\n\n`, sent && ((error) => error || sent()));
  }

  ping(): void {
    if (!this.#res.writableEnded) this.#res.write(":\n\n", (error) => error || this.#taken());
  }

  close(reason: CloseReason): void {
    this.#res.end(`: ${closeCodes[reason].code} ${closeCodes[reason].reason}\n\n`);
    if (reason === "overloaded" || reason === "silent") this.#res.destroy();
  }

  bufferedBytes(): number {
    return this.#res.writableLength;
  }

  answerBytes(): number {
    return 0;
  }

  #note({ at, cursor }: EncodedFrame): void {
    if (at) this.#moved(at.conversationId, at.seq);
    if (cursor === undefined) return;
    const { positions, changes } = decodeSyncCursor(cursor);
    for (const [conversationId, seq] of positions) this.#moved(conversationId, seq);
    this.#changes = changes;
  }

  #moved(conversationId: string, seq: number): void {
    const before = this.#positions.get(conversationId) ?? 0;
    this.#positions.delete(conversationId);
    this.#positions.set(conversationId, Math.max(before, seq));
    const [oldest] = this.#positions.keys();
    if (this.#positions.size > limits.syncConversations && oldest !== undefined) this.#positions.delete(oldest);
    this.#id = undefined;
  }

  #cursor(): string {
    return (this.#id ??= encodeSyncCursor({ positions: this.#positions, changes: this.#changes }));
  }
}
