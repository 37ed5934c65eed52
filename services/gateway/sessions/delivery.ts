import type { Logger } from "moleculer";
import type { Caller, Params } from "../../../contracts/caller.ts";
import type { Clock } from "../../../contracts/clock.ts";
import type { DeliverFrame, MissedHead } from "../../../contracts/services/routing.ts";
import { AudienceBefore } from "../../../domain/session/audience-before.ts";
import { Sequencer } from "../../../domain/session/sequencer.ts";
import { EncodedFrame, type Place } from "./encoded-frame.ts";
import { GroupAudiences } from "./group-audiences.ts";
import type { Recipients } from "./recipients.ts";

/** How long the frames behind a jump wait for what lies between, half of it for each of two nodes that may know. */
const FILL_MS = 1000;

/** A frame for so many users, and no other with it, goes out at once. */
const MANY = 64;

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
  readonly #groups: GroupAudiences;

  constructor(recipients: Recipients, caller: Caller, clock: Clock, logger: Logger) {
    this.#groups = new GroupAudiences({
      caller,
      clock,
      logger,
      isHere: (userId) => recipients.ofUser(userId).length > 0,
      onMissed: ({ conversationId, seq }, to) => this.#missedOne({ conversationId, seq, to }),
    });
    this.#recipients = recipients;
    this.#caller = caller;
    this.#logger = logger;
  }

  deliver(frames: DeliverFrame[]): void {
    const alone = frames.length === 1;
    for (const frame of frames) this.#deliver(frame, alone);
  }

  #deliver(frame: DeliverFrame, alone: boolean): void {
    const { at, members } = frame;
    if (at && members) {
      this.#groups.take({
        ...at,
        members,
        entry: () => JSON.parse(frame.json),
        run: (to) => this.#inOrder(addressed({ ...frame, to: frame.to.length ? [...to, ...frame.to] : to }, alone), at),
      });
    } else if (at) this.#inOrder(addressed(frame, alone), at);
    else this.#forward(addressed(frame, alone));
  }

  /** A user has come who is in these conversations; if they are not given, they are looked up. */
  async bound(userId: string, conversationIds?: Iterable<string>): Promise<void> {
    if (this.#groups.isEmpty) return;
    const heads = conversationIds ? undefined : await this.#caller.call("conversations.heads", { userId }).catch(() => undefined);
    this.#groups.bound(userId, conversationIds ?? (heads && Object.keys(heads)));
  }

  /** Fills what did not arrive, and tells of where it cannot. */
  missed(heads: MissedHead[]): void {
    const untold: MissedHead[] = [];
    for (const { members, ...head } of heads) {
      if (!members) this.#missedOne(head, untold);
      else
        this.#groups.take({
          ...head,
          members,
          run: (to) => this.#missedOne({ ...head, to: [...to, ...head.to] }),
        });
    }
    this.#tellHeads(untold);
  }

  #missedOne(head: MissedHead, untold?: MissedHead[]): void {
    const decided = this.#order.missed(head.conversationId, head.seq);
    if (decided.verdict === "fill") void this.#fillMissed(head, decided.after);
    if (decided.verdict !== "unknown") return;
    if (untold) untold.push(head);
    else this.#tellHeads([head]);
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
      const ask = () => this.#caller.call("conversations.fill", range, { timeout: FILL_MS / 2 });
      const { items } = await ask().catch(ask);
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

const addressed = (frame: DeliverFrame, alone: boolean): Addressed => ({
  frame: EncodedFrame.delivered(frame, alone && frame.to.length >= MANY),
  address: frame,
});
