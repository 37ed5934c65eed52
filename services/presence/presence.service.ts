import type { ServiceSchema } from "moleculer";
import { Gauge } from "prom-client";
import type { Events, Params, Returns } from "../../contracts/caller.ts";
import { NotFoundError } from "../../contracts/errors.ts";
import { serviceSchema } from "../../contracts/service.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import type { Presence } from "../../contracts/shapes.ts";
import { Presences } from "../../domain/presence/presences.ts";
import { Watchers } from "../../domain/presence/watchers.ts";
import type { Deps } from "../deps.ts";
import { resolveUsers } from "../resolve-users.ts";
import { Announcer, maySee } from "./announcer.ts";
import { LastSeen } from "./last-seen.ts";

/** What users have said, so many in one answer. */
const STATUSES = 8000;
const LEARN_MS = 3000;

/**
 * Who is there, and who wants to know. Every node of this service follows the routes, so each can tell how anybody is,
 * and tells who watches there; what is to happen once, the owner of that user does.
 */
export function presenceService(deps: Deps): ServiceSchema {
  const { caller, clock, config } = deps;
  const logger = deps.logger("presence");
  const lastSeen = new LastSeen(clock);
  const watchers = new Watchers();
  const announcer = new Announcer({ caller, logger, watchers, view });
  const presences = new Presences({
    clock,
    graceMs: config.presenceGraceMs,
    onChanges(changes) {
      for (const change of changes) if (change.lastSeen !== undefined) lastSeen.set(change.userId, change.lastSeen);
      announcer.announce(changes, isMine);
    },
  });
  const isMine = (userId: string) => deps.placement.isMine("presence.set", userId);
  measure(deps, presences, watchers);

  function view(known: KnownUser, viewerId: string): Presence {
    const userId = known.user.id;
    const status = maySee(known, viewerId) ? presences.statusOf(userId) : "offline";
    const at = status === "offline" && maySee(known, viewerId) ? lastSeen.of(userId, known.lastSeenAt) : undefined;
    return at === undefined ? { userId, status } : { userId, status, lastSeenAt: at };
  }

  function set({ userId, status }: Params<"presence.set">): void {
    presences.say(userId, status);
    caller.broadcast("presence.said", { userId, status });
  }

  async function get({ viewer, userId }: Params<"presence.get">): Promise<Presence> {
    const [known] = await caller.call("users.resolve", { userIds: [userId] });
    if (!known) throw new NotFoundError();
    return view(known, viewer.userId);
  }

  /** Watched first and looked up then: a session that closes meanwhile leaves nothing behind, a change is not missed. */
  async function watch({ viewer, gateway, userIds }: Params<"presence.watch">): Promise<Returns<"presence.watch">> {
    const added = watchers.watch({ ...viewer, nodeID: gateway }, userIds);
    try {
      const known = await resolveUsers(caller, userIds);
      const exist = new Set(known.map(({ user }) => user.id));
      watchers.unwatch(
        viewer.sessionId,
        added.filter((id) => !exist.has(id)),
      );
      return { items: known.map((one) => view(one, viewer.userId)) };
    } catch (error) {
      watchers.unwatch(viewer.sessionId, added);
      throw error;
    }
  }

  /** Stored at once, not after the grace: the process may be gone by then. */
  function went(userIds: string[]): void {
    const at = clock.now();
    presences.went(userIds);
    for (const userId of userIds.filter(isMine)) {
      caller.call("users.seen", { userId, at }).catch((error) => logger.debug("a time of last seen was lost:", error));
    }
  }

  function statuses({ from }: Params<"presence.statuses">): Returns<"presence.statuses"> {
    const said = [...presences.said()];
    return { said: said.slice(from, from + STATUSES), next: from + STATUSES < said.length ? from + STATUSES : undefined };
  }

  /** What was said before this node was there, from one that heard it. */
  async function learnStatuses(): Promise<void> {
    const nodeID = caller.offering("presence.statuses").find((other) => other !== deps.nodeID);
    if (nodeID === undefined) return;
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page: Returns<"presence.statuses"> = await caller.call("presence.statuses", { from }, { nodeID, timeout: LEARN_MS });
      for (const [userId, status] of page.said) presences.say(userId, status);
      from = page.next;
    }
  }

  /** The change may be more recent than what is known of the user. */
  async function changed({ userId, me }: Events["user.changed"]): Promise<void> {
    if (!watchers.has(userId)) return;
    const [known] = await caller.call("users.resolve", { userIds: [userId] });
    if (known) await announcer.reveal({ ...known, privacy: me.privacy });
  }

  return serviceSchema<"presence">({
    name: "presence",
    actions: {
      set,
      get,
      watch,
      unwatch: ({ viewer, userIds }) => watchers.unwatch(viewer.sessionId, userIds),
      forget: ({ nodeID }) => watchers.gone(nodeID),
      statuses,
    },
    events: {
      "route.transitions": ({ online, offline }) => {
        presences.came(online);
        went(offline);
      },
      "presence.said": ({ userId, status }, sender) => {
        if (sender !== deps.nodeID) presences.say(userId, status);
      },
      "route.gone": ({ nodeID }) => watchers.gone(nodeID),
      "session.closed": ({ sessionId }) => watchers.closed(sessionId),
      "user.changed": changed,
    },
    async started() {
      await learnStatuses().catch((error) => logger.debug("what users said before is not known:", error));
    },
    async stopped() {
      presences.close();
    },
  });
}

function measure({ metrics }: Deps, presences: Presences, watchers: Watchers): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      collect() {
        this.set(read());
      },
    });
  gauge("switchboard_presence_users", "Users who are not offline", () => presences.size);
  gauge("switchboard_presence_watching_sessions", "Sessions that watch somebody's presence", () => watchers.sessions);
}
