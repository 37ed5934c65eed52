import type { Logger } from "moleculer";
import type { Events, Params, Returns } from "../../contracts/caller.ts";
import { NotFoundError } from "../../contracts/errors.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import type { Presence } from "../../contracts/shapes.ts";
import { type PresenceChange, Presences } from "../../domain/presence/presences.ts";
import { Watchers } from "../../domain/presence/watchers.ts";
import type { Deps } from "../deps.ts";
import { resolveUsers } from "../resolve-users.ts";
import { Announcer, maySee } from "./announcer.ts";
import { LastSeen } from "./last-seen.ts";

/** What users have said, so many in one answer. */
const STATUSES = 8000;
const LEARN_MS = 3000;

/** Who is there, and who wants to know, as this node knows it. */
export class Attendance {
  readonly watchers = new Watchers();
  readonly presences: Presences;
  readonly #deps: Deps;
  readonly #logger: Logger;
  readonly #lastSeen: LastSeen;
  readonly #announcer: Announcer;

  constructor(deps: Deps) {
    const { caller, clock, config } = deps;
    this.#deps = deps;
    this.#logger = deps.logger("presence");
    this.#lastSeen = new LastSeen(clock);
    this.#announcer = new Announcer({
      caller,
      logger: this.#logger,
      watchers: this.watchers,
      view: (known, viewerId) => this.#view(known, viewerId),
    });
    this.presences = new Presences({
      clock,
      graceMs: config.presenceGraceMs,
      onChanges: (changes) => this.#changed(changes),
    });
  }

  set({ userId, status }: Params<"presence.set">): void {
    this.presences.say(userId, status);
    this.#deps.caller.broadcast("presence.said", { userId, status });
  }

  /** A user said so to a node. */
  said({ userId, status }: Events["presence.said"], nodeID: string): void {
    if (nodeID !== this.#deps.nodeID) this.presences.say(userId, status);
  }

  async get({ viewer, userId }: Params<"presence.get">): Promise<Presence> {
    const [known] = await this.#deps.caller.call("users.resolve", { userIds: [userId] });
    if (!known) throw new NotFoundError();
    return this.#view(known, viewer.userId);
  }

  /** Watched first and looked up then: a session that closes meanwhile leaves nothing behind, a change is not missed. */
  async watch({ viewer, gateway, userIds }: Params<"presence.watch">): Promise<Returns<"presence.watch">> {
    const added = this.watchers.watch({ ...viewer, nodeID: gateway }, userIds);
    try {
      const known = await resolveUsers(this.#deps.caller, userIds);
      const exist = new Set(known.map(({ user }) => user.id));
      this.watchers.unwatch(
        viewer.sessionId,
        added.filter((id) => !exist.has(id)),
      );
      return { items: known.map((one) => this.#view(one, viewer.userId)) };
    } catch (error) {
      this.watchers.unwatch(viewer.sessionId, added);
      throw error;
    }
  }

  moved({ online, offline }: Events["route.transitions"]): void {
    this.presences.came(online);
    this.presences.went(offline);
    this.#noteSeen(offline);
  }

  /** The change may be more recent than what is known of the user. */
  async userChanged({ userId, me }: Events["user.changed"]): Promise<void> {
    if (!this.watchers.has(userId)) return;
    const [known] = await this.#deps.caller.call("users.resolve", { userIds: [userId] });
    if (known) await this.#announcer.reveal({ ...known, privacy: me.privacy });
  }

  statuses({ from }: Params<"presence.statuses">): Returns<"presence.statuses"> {
    const said = [...this.presences.said()];
    return { said: said.slice(from, from + STATUSES), next: from + STATUSES < said.length ? from + STATUSES : undefined };
  }

  /** What was said before this node was there, from one that heard it; without it, everybody is online or not. */
  async learnStatuses(): Promise<void> {
    const { caller, nodeID: me } = this.#deps;
    const nodeID = caller.offering("presence.statuses").find((other) => other !== me);
    if (nodeID === undefined) return;
    try {
      for (let from: number | undefined = 0; from !== undefined; ) {
        const page: Returns<"presence.statuses"> = await caller.call(
          "presence.statuses",
          { from },
          { nodeID, timeout: LEARN_MS },
        );
        for (const [userId, status] of page.said) this.presences.say(userId, status);
        from = page.next;
      }
    } catch (error) {
      this.#logger.debug("what users said before is not known:", error);
    }
  }

  #changed(changes: PresenceChange[]): void {
    for (const { userId, lastSeen } of changes) if (lastSeen !== undefined) this.#lastSeen.set(userId, lastSeen);
    this.#announcer.announce(changes, (userId) => this.#isMine(userId));
  }

  /** Stored at once, not after the grace: the process may be gone by then. */
  #noteSeen(userIds: string[]): void {
    const { caller, clock } = this.#deps;
    const at = clock.now();
    for (const userId of userIds.filter((one) => this.#isMine(one))) {
      caller.call("users.seen", { userId, at }).catch((error) => this.#logger.debug("a time of last seen was lost:", error));
    }
  }

  #view(known: KnownUser, viewerId: string): Presence {
    const userId = known.user.id;
    const status = maySee(known, viewerId) ? this.presences.statusOf(userId) : "offline";
    const at = status === "offline" && maySee(known, viewerId) ? this.#lastSeen.of(userId, known.lastSeenAt) : undefined;
    return at === undefined ? { userId, status } : { userId, status, lastSeenAt: at };
  }

  /** What is to happen once for this user happens here. */
  #isMine(userId: string): boolean {
    return this.#deps.placement.isMine("presence.set", userId);
  }
}
