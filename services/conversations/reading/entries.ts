import type { Params, Returns } from "../../../contracts/caller.ts";
import type { Clock } from "../../../contracts/clock.ts";
import { GoneError, NotFoundError } from "../../../contracts/errors.ts";
import { limits } from "../../../contracts/limits.ts";
import { presentable } from "../../../domain/conversation/blank.ts";
import { endSeq } from "../../../domain/conversation/visibility.ts";
import { withinBytes } from "../../../domain/pacing/within-bytes.ts";
import type { MessageLog } from "../../../stores/message-log.ts";
import type { LogReader } from "./log-reader.ts";
import { membershipOf, sightOf } from "./members.ts";

/** The log itself: for its viewers, and for the engine's own services. */
export class Entries {
  readonly #log: MessageLog;
  readonly #reader: LogReader;
  readonly #clock: Clock;

  constructor(log: MessageLog, reader: LogReader, clock: Clock) {
    this.#log = log;
    this.#reader = reader;
    this.#clock = clock;
  }

  async page(request: Params<"conversations.entries">): Promise<Returns<"conversations.entries">> {
    const { conversationId, viewer, after, limit } = request;
    const membership = await membershipOf(this.#log, conversationId, viewer.userId);
    const { epoch } = membership;
    if ((request.epoch ?? epoch) !== epoch) throw new GoneError(`the log has begun again: its epoch is ${epoch}`);
    const sight = sightOf(membership);
    return { items: withinBytes(await this.#reader.page(sight, after, limit)), lastSeq: endSeq(sight), epoch };
  }

  async fill({ conversationId, after, through }: Params<"conversations.fill">): Promise<Returns<"conversations.fill">> {
    const kept = await this.#log.entries(conversationId, { after, through, limit: limits.syncMax });
    const now = new Date(this.#clock.now()).toISOString();
    const items = kept.map(({ entry, ...hidden }) => ({ entry: presentable(entry, now), ...hidden }));
    return { items: withinBytes(items.reverse()).reverse() };
  }

  async locate({ messageId }: Params<"conversations.locate">): Promise<Returns<"conversations.locate">> {
    const place = await this.#log.locate(messageId);
    if (!place) throw new NotFoundError("no such message");
    return place;
  }
}
