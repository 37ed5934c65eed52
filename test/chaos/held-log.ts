import type { LoggedEntry } from "./history.ts";

/** A conversation as the protocol tells a device to keep it: by `seq`, the next one applied, a lower one dropped, a higher one held. */
export class HeldLog {
  readonly entries: LoggedEntry[] = [];
  readonly #held = new Map<number, LoggedEntry>();

  get cursor(): number {
    return this.entries.at(-1)?.seq ?? 0;
  }

  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  offer({ seq, id, kind, senderId, clientMsgId, content }: LoggedEntry): void {
    if (seq <= this.cursor) return;
    this.#held.set(seq, { seq, id, kind, senderId, ...(clientMsgId && { clientMsgId }), ...(content && { content }) });
    for (let next = this.#held.get(this.cursor + 1); next; next = this.#held.get(this.cursor + 1)) {
      this.#held.delete(next.seq);
      this.entries.push(next);
    }
  }
}
