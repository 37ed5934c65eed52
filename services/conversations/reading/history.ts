import type { Params, Returns } from "../../../contracts/caller.ts";
import type { CurrentMessage, MessageEntry } from "../../../contracts/entry.ts";
import { UnavailableError } from "../../../contracts/errors.ts";
import { currentMessage } from "../../../domain/conversation/current-message.ts";
import { endSeq, type Sight } from "../../../domain/conversation/visibility.ts";
import { ANSWER_BYTES, withinBytes } from "../../../domain/pacing/within-bytes.ts";
import type { MessageLog } from "../../../stores/message-log.ts";
import type { LogReader } from "./log-reader.ts";
import { membershipOf, sightOf } from "./members.ts";
import { viewsFor } from "./message-views.ts";

type Request = Params<"conversations.history">;
type Page = Returns<"conversations.history">;

/** Times a page is read again because a message in it changed meanwhile. */
const ATTEMPTS = 5;

/** Pages of messages as they are now. */
export class History {
  readonly #log: MessageLog;
  readonly #reader: LogReader;

  constructor(log: MessageLog, reader: LogReader) {
    this.#log = log;
    this.#reader = reader;
  }

  /** Every item is as it was at `asOf`, none is newer: so a client can apply the live entries above it, each once. */
  async page(request: Request): Promise<Page> {
    const { conversationId, viewer } = request;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const membership = await membershipOf(this.#log, conversationId, viewer.userId);
      const sight = sightOf(membership);
      const { messages, ...edges } = await this.#cut(sight, request);
      const views = await viewsFor(this.#log, sight, messages);
      if ([...views.values()].some(({ asOf }) => asOf > sight.lastSeq)) continue;
      const items = messages.map((message) => currentMessage(message, views.get(message.seq), viewer.userId));
      return { ...bounded(items, request, edges), asOf: endSeq(sight) };
    }
    throw new UnavailableError("these messages change too fast to be read");
  }

  /** Reads one message more than it may give on either side, to know whether there is one. */
  async #cut(sight: Sight, request: Request) {
    const { pivot, wanted } = aim(request);
    const [earlier, later] = await Promise.all([
      this.#reader.messages(sight, { from: 1, through: pivot - 1 }, wanted.earlier + 1, true),
      this.#reader.messages(sight, { from: pivot, through: Number.MAX_SAFE_INTEGER }, wanted.later + 1, false),
    ]);
    const take = share(request.limit, wanted, { earlier: earlier.length, later: later.length });
    const messages: MessageEntry[] = [...earlier.slice(0, take.earlier).reverse(), ...later.slice(0, take.later)];
    return { messages, hasMoreBefore: earlier.length > take.earlier, hasMoreAfter: later.length > take.later };
  }
}

type Edges = Pick<Page, "hasMoreBefore" | "hasMoreAfter">;

/** What there is room for in one answer, from the edge where the reader goes on: the latest, unless it reads upwards. */
function bounded(items: CurrentMessage[], { after, around }: Request, edges: Edges): Edges & Pick<Page, "items"> {
  if (after !== undefined) {
    const first = withinBytes(items);
    return { items: first, ...edges, hasMoreAfter: edges.hasMoreAfter || first.length < items.length };
  }
  const pivot = around === undefined ? items.length : items.findLastIndex(({ seq }) => seq <= around) + 1;
  const earlier = withinBytes(items.slice(0, pivot).reverse(), around === undefined ? ANSWER_BYTES : ANSWER_BYTES / 2).reverse();
  const later = withinBytes(items.slice(pivot), ANSWER_BYTES / 2);
  const hasMoreBefore = edges.hasMoreBefore || earlier.length < pivot;
  const hasMoreAfter = edges.hasMoreAfter || later.length < items.length - pivot;
  return { items: [...earlier, ...later], hasMoreBefore, hasMoreAfter };
}

interface Sides {
  earlier: number;
  later: number;
}

/** The first place of the later side, and how many messages each side may give. */
function aim({ before, after, around, limit }: Request): { pivot: number; wanted: Sides } {
  if (around !== undefined) return { pivot: around, wanted: { earlier: limit, later: limit } };
  if (after !== undefined) return { pivot: after + 1, wanted: { earlier: 0, later: limit } };
  return { pivot: before ?? Number.MAX_SAFE_INTEGER, wanted: { earlier: limit, later: 0 } };
}

/** How many each side gives: half each, more where the other side is short. */
function share(limit: number, wanted: Sides, there: Sides): Sides {
  const most = { earlier: Math.min(wanted.earlier, there.earlier), later: Math.min(wanted.later, there.later) };
  const earlier = Math.min(most.earlier, Math.max(Math.floor(limit / 2), limit - most.later));
  return { earlier, later: Math.min(most.later, limit - earlier) };
}
