import type { LoggedEntry } from "./history.ts";

/** A run that this device may not see: it only moves the cursor. */
interface HiddenRun {
  seq: number;
  kind: "hidden";
  through: number;
}

/** A conversation as the protocol tells a device to keep it: by `seq`, the next one applied, a lower one dropped, a higher one held. */
export class HeldLog {
  #entries: LoggedEntry[] = [];
  #cursor = 0;
  readonly #held = new Map<number, LoggedEntry | HiddenRun>();

  get entries(): readonly LoggedEntry[] {
    return this.#entries;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  /** It is to be read afresh. */
  reset(): void {
    this.#entries = [];
    this.#cursor = 0;
    this.#held.clear();
  }

  offer(entry: LoggedEntry | HiddenRun): void {
    if (lastOf(entry) <= this.#cursor) return;
    this.#held.set(Math.max(entry.seq, this.#cursor + 1), isHidden(entry) ? entry : essentials(entry));
    for (let next = this.#next(); next; next = this.#next()) {
      this.#held.delete(this.#cursor + 1);
      this.#cursor = lastOf(next);
      if (!isHidden(next)) this.#entries.push(next);
    }
    for (const [seq, held] of this.#held) if (lastOf(held) <= this.#cursor) this.#held.delete(seq);
  }

  #next(): LoggedEntry | HiddenRun | undefined {
    return this.#held.get(this.#cursor + 1);
  }
}

const isHidden = (entry: LoggedEntry | HiddenRun): entry is HiddenRun => entry.kind === "hidden";
const lastOf = (entry: LoggedEntry | HiddenRun) => (isHidden(entry) ? entry.through : entry.seq);

/** What the judge needs to know of it. */
function essentials({ seq, id, kind, senderId, ...more }: LoggedEntry): LoggedEntry {
  const { clientMsgId, content, target, emoji, op, userIds } = more;
  const given = Object.entries({ clientMsgId, content, target, emoji, op, userIds }).filter(([, value]) => value);
  return { seq, id, kind, senderId, ...Object.fromEntries(given) };
}
