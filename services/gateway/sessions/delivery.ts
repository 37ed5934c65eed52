import type { Logger } from "moleculer";
import type { Caller } from "../../../contracts/caller.ts";
import type { DeliverFrame } from "../../../contracts/services/routing.ts";
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
    const found = await this.#between(conversationId, after, through, next).catch((error: unknown) => {
      this.#logger.warn(`entries ${after + 1} to ${through} of ${conversationId} are left to sync: ${String(error)}`);
      return [];
    });
    for (const one of this.#order.filled(conversationId, found)) this.#forward(one);
  }

  async #between(conversationId: string, after: number, through: number, next: Addressed): Promise<[number, Addressed][]> {
    const range = { conversationId, after, through };
    const { items } = await this.#caller.call("conversations.fill", range, { timeout: FILL_MS });
    const audience = new AudienceBefore(next.address.to, JSON.parse(next.frame.json));
    return items.reverse().map(({ entry, hiddenFor = [] }) => {
      const to = audience.of(entry).filter((userId) => !hiddenFor.includes(userId));
      return [entry.seq, { frame: EncodedFrame.entry(entry), address: { to } }];
    });
  }

  #forward({ frame, address }: Addressed): void {
    this.#recipients.forward(frame, address);
  }
}
