import type { Events } from "../../contracts/caller.ts";
import type { Clock, Timer } from "../../contracts/clock.ts";

type Waiting = Events["offline.undelivered"];

/** How long the messages of one user and conversation gather before they are told as one. */
const GATHER_MS = 1000;
/** So many users and conversations at once; one more, and what has gathered is told earlier. */
const MOST = 10_000;

/** Gathers what could not be delivered, a user and conversation at a time. */
export class Undelivered {
  readonly #clock: Clock;
  readonly #tell: (waiting: Waiting) => void;
  #gathered = new Map<string, Waiting>();
  #timer: Timer | undefined;

  constructor(clock: Clock, tell: (waiting: Waiting) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A message that nobody of these users could be sent. Counts once, however often it is told. */
  add({ conversationId, seq, userIds }: { conversationId: string; seq: number; userIds: string[] }): void {
    for (const userId of userIds) this.#addFor(userId, conversationId, seq);
    if (this.#gathered.size > 0) this.#timer ??= this.#clock.after(GATHER_MS, () => this.#flush());
  }

  /** Tells what has gathered. */
  close(): void {
    this.#flush();
  }

  #addFor(userId: string, conversationId: string, seq: number): void {
    const key = `${userId} ${conversationId}`;
    const before = this.#gathered.get(key) ?? { userId, conversationId, lastSeq: 0, messages: 0 };
    if (seq <= before.lastSeq) return;
    this.#gathered.set(key, { ...before, lastSeq: seq, messages: before.messages + 1 });
    if (this.#gathered.size >= MOST) this.#flush();
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const gathered = this.#gathered;
    this.#gathered = new Map();
    for (const waiting of gathered.values()) this.#tell(waiting);
  }
}
