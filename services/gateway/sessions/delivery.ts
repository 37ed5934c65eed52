import type { Logger } from "moleculer";
import type { Caller, Params } from "../../../contracts/caller.ts";
import type { DeliverFrame, MissedHead } from "../../../contracts/services/routing.ts";
import { AudienceBefore } from "../../../domain/session/audience-before.ts";
import { Sequencer } from "../../../domain/session/sequencer.ts";
import { EncodedFrame, type Place } from "./encoded-frame.ts";
import type { Recipients } from "./recipients.ts";

/** How long the frames behind a jump wait for what lies between. */
const FILL_MS = 1000;

/** A frame and whom it is for; undefined: every recipient of a filled entry. */
interface Addressed {
  frame: EncodedFrame;
  address: Omit<DeliverFrame, "event" | "json" | "at">;
}

/** What other services send to the sockets of this gateway; a conversation's entries go out in `seq` order. */
export class Delivery {
  readonly #recipients: Recipients;
  readonly #caller: Caller;
  readonly #logger: Logger;
  readonly #order = new Sequencer<Addressed>();

  constructor(recipients: Recipients, caller: Caller, logger: Logger) {
    this.#recipients = recipients;
    this.#caller = caller;
    this.#logger = logger;
  }

  deliver(frame: DeliverFrame): void {
    const addressed = { frame: EncodedFrame.delivered(frame), address: frame };
    if (frame.at) this.#inOrder(addressed, frame.at);
    else this.#forward(addressed);
  }

  /** Fills what did not arrive, and tells of where it cannot. */
  missed(heads: MissedHead[]): void {
    const untold: MissedHead[] = [];
    for (const head of heads) {
      const decided = this.#order.missed(head.conversationId, head.seq);
      if (decided.verdict === "fill") void this.#fillMissed(head, decided.after);
      else if (decided.verdict === "unknown") untold.push(head);
    }
    this.#tellHeads(untold);
  }

  /** Forgets conversations that did not move since the turn before. */
  turn(): void {
    this.#order.turn();
  }

  #inOrder(addressed: Addressed, { conversationId, seq }: Place): void {
    const decided = this.#order.offer(conversationId, seq, addressed);
    if (decided.verdict === "forward") this.#forward(addressed);
    else if (decided.verdict === "release") for (const one of decided.frames) this.#forward(one);
    else if (decided.verdict === "fill") void this.#fill(conversationId, decided, addressed);
  }

  async #fill(conversationId: string, { after, through }: { after: number; through: number }, next: Addressed): Promise<void> {
    const audience = new AudienceBefore(next.address.to, JSON.parse(next.frame.json));
    const found = await this.#between({ conversationId, after, through }, audience);
    for (const one of this.#order.filled(conversationId, found)) this.#forward(one);
  }

  async #fillMissed(head: MissedHead, after: number): Promise<void> {
    const { conversationId, seq } = head;
    const found = await this.#between({ conversationId, after, through: seq }, new AudienceBefore(head.to));
    if (found.length < seq - after) this.#tellHeads([head]);
    for (const one of this.#order.filled(conversationId, found)) this.#forward(one);
  }

  /** What the store has there, the newest first; nothing if it does not answer. */
  async #between(range: Params<"conversations.fill">, audience: AudienceBefore): Promise<[number, Addressed][]> {
    try {
      const { items } = await this.#caller.call("conversations.fill", range, { timeout: FILL_MS });
      return items.reverse().map(({ entry, hiddenFor = [] }) => {
        const to = audience.of(entry).filter((userId) => !hiddenFor.includes(userId));
        return [entry.seq, { frame: EncodedFrame.entry(entry), address: { to } }];
      });
    } catch (error) {
      const { conversationId, after, through } = range;
      this.#logger.warn(`entries ${after + 1} to ${through} of ${conversationId} are left to sync: ${String(error)}`);
      return [];
    }
  }

  /** Clients that are behind sync. */
  #tellHeads(missed: MissedHead[]): void {
    const heads = new Map<string, Record<string, number>>();
    for (const { conversationId, seq, to } of missed) {
      for (const userId of to) heads.set(userId, { ...heads.get(userId), [conversationId]: seq });
    }
    for (const [userId, theirs] of heads) this.#recipients.forward(EncodedFrame.of("heads", theirs), { to: [userId] });
  }

  #forward({ frame, address }: Addressed): void {
    this.#recipients.forward(frame, address);
  }
}
