import type { Logger } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { FanoutSignal } from "../../contracts/services/fanout.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import type { Presence } from "../../contracts/shapes.ts";
import type { PresenceChange } from "../../domain/presence/presences.ts";
import type { Watchers } from "../../domain/presence/watchers.ts";
import { resolveUsers } from "../resolve-users.ts";

/** The items of one publishing. */
const ITEMS_PER_CALL = 1000;

export interface AnnouncerParts {
  caller: Caller;
  logger: Logger;
  watchers: Watchers;
  /** The user's presence at this moment, as a user may see it. */
  view(known: KnownUser, viewerId: string): Presence;
}

/** Tells of changes: services by event, those who watch by a frame. Best effort, like all signals. */
export class Announcer {
  readonly #parts: AnnouncerParts;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  /** `isMine`: for these users this node speaks. */
  announce(changes: PresenceChange[], isMine: (userId: string) => boolean): void {
    const { caller, watchers } = this.#parts;
    for (const { userId, status, lastSeen } of changes) {
      if (!isMine(userId)) continue;
      const lastSeenAt = lastSeen === undefined ? undefined : new Date(lastSeen).toISOString();
      caller.broadcast("presence.changed", { userId, status, lastSeenAt });
    }
    const watched = changes.filter(({ userId }) => watchers.has(userId)).map(({ userId }) => userId);
    if (watched.length > 0) this.#tellWatchers(watched).catch(this.#warn);
  }

  /** What the watchers of this user may see has changed. */
  async reveal(known: KnownUser): Promise<void> {
    await this.#publish(this.#signals(known, () => true));
  }

  /** Those who may not know hear nothing, not even that there is something. */
  async #tellWatchers(userIds: string[]): Promise<void> {
    const known = await resolveUsers(this.#parts.caller, userIds);
    await this.#publish(known.flatMap((one) => this.#signals(one, (viewerId) => maySee(one, viewerId))));
  }

  #signals(known: KnownUser, tell: (viewerId: string) => boolean): FanoutSignal[] {
    const toOthers = this.#parts.view(known, "");
    const signals: FanoutSignal[] = [];
    for (const { userId, sessionId } of this.#parts.watchers.of(known.user.id)) {
      if (!tell(userId)) continue;
      const data = userId === known.user.id ? this.#parts.view(known, userId) : toOthers;
      signals.push({ type: "signal", event: "presence", data, recipients: [userId], onlySession: sessionId });
    }
    return signals;
  }

  async #publish(signals: FanoutSignal[]): Promise<void> {
    for (let i = 0; i < signals.length; i += ITEMS_PER_CALL) {
      await this.#parts.caller.call("fanout.publish", { items: signals.slice(i, i + ITEMS_PER_CALL) });
    }
  }

  readonly #warn = (error: unknown) => this.#parts.logger.warn("a change of presence was not told:", error);
}

/** There are no contacts yet, so what is for contacts only is for nobody. */
export function maySee({ user, privacy }: KnownUser, viewerId: string): boolean {
  return viewerId === user.id || privacy.lastSeen === "everyone";
}
