import { endSeq, firstSeq, readable, type Sight, type Span } from "../../../domain/conversation/visibility.ts";
import type { Membership } from "../../../stores/message-log.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { UserCursor } from "../../../stores/participation.ts";
import { sightOf } from "./members.ts";
import type { Places } from "./places.ts";

/** How far a user has read, and what of it is left. */
export interface Progress {
  lastN: number;
  deliveredSeq: number;
  readSeq: number;
  readN: number;
  unread: number;
  unreadMentions: number;
}

/** Counts without reading the messages: by `n` at the edges of what is unread. */
export class Unread {
  readonly #store: MessageStore;
  readonly #places: Places;

  constructor(store: MessageStore, places: Places) {
    this.#store = store;
    this.#places = places;
  }

  /** `hidden`: how many messages above `readSeq` the user deleted for itself. */
  async progress(membership: Membership, cursor: UserCursor | undefined, hidden: number): Promise<Progress> {
    const sight = sightOf(membership);
    const start = firstSeq(sight) - 1;
    const readSeq = Math.max(cursor?.readSeq ?? 0, start);
    const readN = cursor && cursor.readSeq > start ? cursor.readN : await this.#nBefore(sight, start + 1);
    const lastN = await this.#lastN(membership, sight, readN);
    const spans = readable(sight, { from: readSeq + 1, through: endSeq(sight) });
    const counts = await Promise.all(spans.map((span) => this.#messagesIn(sight, span, { readSeq, readN, lastN })));
    const unread = Math.max(0, sum(counts) - hidden);
    const deliveredSeq = Math.max(cursor?.deliveredSeq ?? 0, readSeq);
    const unreadMentions = unread > 0 ? await this.#mentions(sight, spans, hidden > 0) : 0;
    return { lastN, deliveredSeq, readSeq, readN, unread, unreadMentions };
  }

  async #lastN(membership: Membership, sight: Sight, otherwise: number): Promise<number> {
    const end = endSeq(sight);
    if (end === membership.lastSeq) return membership.lastN;
    return (await this.#places.at(sight.conversationId, end))?.n ?? otherwise;
  }

  async #nBefore({ conversationId }: Sight, seq: number): Promise<number> {
    return seq === 1 ? 0 : ((await this.#places.at(conversationId, seq))?.nBefore ?? 0);
  }

  /** Both edges are mostly known: where the user has read to, and the end. */
  async #messagesIn(sight: Sight, { from, through }: Span, known: { readSeq: number; readN: number; lastN: number }) {
    const before = from === known.readSeq + 1 ? known.readN : await this.#nBefore(sight, from);
    if (through === endSeq(sight)) return known.lastN - before;
    return ((await this.#places.at(sight.conversationId, through))?.n ?? before) - before;
  }

  async #mentions(sight: Sight, spans: Span[], someHidden: boolean): Promise<number> {
    const { conversationId, userId } = sight;
    const { log } = this.#store;
    const counts = await Promise.all(spans.map((s) => log.countMentions(conversationId, userId, s.from - 1, s.through)));
    return sum(counts) - (someHidden ? await this.#hiddenMentions(sight, spans) : 0);
  }

  async #hiddenMentions({ conversationId, userId }: Sight, spans: Span[]): Promise<number> {
    const { log, participation } = this.#store;
    const hidden = await Promise.all(
      spans.map((span) => participation.hiddenIn(userId, conversationId, span.from - 1, span.through)),
    );
    const counts = await Promise.all(hidden.flat().map((seq) => log.countMentions(conversationId, userId, seq - 1, seq)));
    return sum(counts);
  }
}

const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);
