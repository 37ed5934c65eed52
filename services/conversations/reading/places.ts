import { LRUCache } from "lru-cache";
import type { MessageLog } from "../../../stores/message-log.ts";

/** What never changes about an entry: when it came, and how many messages there were before and with it. */
export interface Place {
  createdAt: string;
  nBefore: number;
  n: number;
}

const REMEMBERED = 20_000;

/** Looks up single places of logs, where a stay began or ended, and remembers them. */
export class Places {
  readonly #log: MessageLog;
  readonly #known = new LRUCache<string, Place>({ max: REMEMBERED });

  constructor(log: MessageLog) {
    this.#log = log;
  }

  /** undefined for what is gone by retention. */
  async at(conversationId: string, seq: number): Promise<Place | undefined> {
    const key = `${conversationId} ${seq}`;
    const known = this.#known.get(key);
    if (known) return known;
    const [kept] = await this.#log.entries(conversationId, { after: seq - 1, through: seq, limit: 1 });
    if (!kept) return undefined;
    const { createdAt, n, kind } = kept.entry;
    const place = { createdAt, n, nBefore: kind === "message" ? n - 1 : n };
    this.#known.set(key, place);
    return place;
  }
}
