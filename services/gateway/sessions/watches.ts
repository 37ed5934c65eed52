import type { Logger } from "moleculer";
import type { Caller, Returns } from "../../../contracts/caller.ts";
import type { Clock, Timer } from "../../../contracts/clock.ts";
import type { Presence } from "../../../contracts/shapes.ts";
import { Rendezvous } from "../../../domain/placement/rendezvous.ts";
import type { Session } from "./session.ts";

/** Sessions that are told anew at a time. */
const AT_ONCE = 8;
const AGAIN_MS = 1000;

/**
 * Whose presence the sessions of this gateway watch. One node of the presence service keeps that for all of them.
 * When it goes, or may have lost them, another is told anew, and the sessions hear how it is now.
 */
export class Watches {
  readonly #nodeID: string;
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #watched = new Map<Session, Set<string>>();
  #untold = new Set<Session>();
  #keeper: string | undefined;
  #telling: Timer | undefined;

  constructor(nodeID: string, caller: Caller, clock: Clock, logger: Logger) {
    this.#nodeID = nodeID;
    this.#caller = caller;
    this.#clock = clock;
    this.#logger = logger;
  }

  async watch(session: Session, userIds: string[]): Promise<Returns<"presence.watch">> {
    const answer = await this.#ask(session, userIds);
    if (session.isClosed) return answer;
    const watched = this.#watched.get(session) ?? new Set();
    for (const { userId } of answer.items) watched.add(userId);
    this.#watched.set(session, watched);
    return answer;
  }

  async unwatch(session: Session, userIds = [...(this.#watched.get(session) ?? [])]): Promise<void> {
    const watched = this.#watched.get(session);
    for (const userId of userIds) watched?.delete(userId);
    if (watched?.size === 0) this.#watched.delete(session);
    await this.#caller.call("presence.unwatch", { viewer: session.viewer, userIds }, { nodeID: this.#keeper });
  }

  /** The session is gone; presence hears of it as everybody does. */
  closed(session: Session): void {
    this.#watched.delete(session);
    this.#untold.delete(session);
  }

  /** Other nodes offer presence than before. */
  moved(): void {
    if (this.#keeper === undefined || this.#caller.offering("presence.watch").includes(this.#keeper)) return;
    this.#keeper = undefined;
    this.#tellAll();
  }

  /** This node was cut off: presence may have taken it for gone, and has not heard which sessions closed. */
  reconnected(): void {
    if (this.#keeper === undefined) return;
    void this.#caller.call("presence.forget", { nodeID: this.#nodeID }, { nodeID: this.#keeper }).catch(() => undefined);
    this.#tellAll();
  }

  close(): void {
    this.#telling?.cancel();
  }

  #ask(session: Session, userIds: string[]): Promise<Returns<"presence.watch">> {
    this.#keeper ??= this.#choose();
    const params = { viewer: session.viewer, gateway: this.#nodeID, userIds };
    return this.#caller.call("presence.watch", params, { nodeID: this.#keeper });
  }

  /** This node if it can; else gateways spread themselves over those that do. */
  #choose(): string | undefined {
    const offering = this.#caller.offering("presence.watch");
    return offering.includes(this.#nodeID) ? this.#nodeID : new Rendezvous(offering).owner(this.#nodeID);
  }

  #tellAll(): void {
    for (const session of this.#watched.keys()) this.#untold.add(session);
    if (this.#untold.size > 0) this.#telling ??= this.#clock.after(AGAIN_MS, () => void this.#tell());
  }

  async #tell(): Promise<void> {
    const sessions = this.#untold.values();
    const work = async () => {
      for (const session of sessions) await this.#tellOne(session);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.#telling = undefined;
    if (this.#untold.size > 0) this.#telling = this.#clock.after(AGAIN_MS, () => void this.#tell());
  }

  async #tellOne(session: Session): Promise<void> {
    const watched = this.#watched.get(session);
    try {
      const { items } = watched ? await this.#ask(session, [...watched]) : { items: [] as Presence[] };
      this.#untold.delete(session);
      for (const item of items) session.emit("presence", item);
    } catch (error) {
      this.#logger.debug(`nobody keeps whom ${session.viewer.userId} watches:`, error);
    }
  }
}
