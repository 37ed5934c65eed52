import type { ActionsOf } from "../../../contracts/service.ts";
import type { Conversation } from "../../../contracts/shapes.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { Deps } from "../../deps.ts";
import { ConversationList } from "./conversation-list.ts";
import { ConversationViews } from "./conversation-views.ts";
import { Devices, endsOf } from "./devices.ts";
import { Entries } from "./entries.ts";
import { History } from "./history.ts";
import { LogReader } from "./log-reader.ts";
import { movedAfter } from "./members.ts";
import { Peers } from "./peers.ts";
import { Places } from "./places.ts";
import { Settings } from "./settings.ts";
import { Sweeps } from "./sweeps.ts";
import { Sync } from "./sync.ts";
import { Unread } from "./unread.ts";

type ReadingActions = Pick<
  ActionsOf<"conversations">,
  | "list"
  | "get"
  | "patch"
  | "history"
  | "entries"
  | "sync"
  | "backlog"
  | "changes"
  | "heads"
  | "enrolDevice"
  | "forgetDevice"
  | "noteProfile"
  | "fill"
  | "locate"
>;

export interface ConversationReading {
  actions: ReadingActions;
  /** The conversation as that user sees it; NOT_FOUND for who never was a member. */
  viewOf(conversationId: string, userId: string): Promise<Conversation>;
  /** Expired messages are emptied and old entries removed from then on. */
  start(): void;
  stop(): void;
}

/** Everything that reads conversations. It keeps nothing but caches of what cannot change, and needs no actor's turn. */
export function conversationReading(deps: Deps, store: MessageStore): ConversationReading {
  const { clock, caller, config } = deps;
  const { log } = store;
  const reader = new LogReader(store, clock);
  const places = new Places(log);
  const views = new ConversationViews({
    store,
    reader,
    unread: new Unread(store, places),
    peers: new Peers(log, caller),
    config,
  });
  const devices = new Devices(store, deps);
  const entries = new Entries(log, reader, clock);
  const list = new ConversationList(log, views);
  const history = new History(log, reader);
  const settings = new Settings(deps, store, views);
  const sync = new Sync(deps, { store, reader, views, devices });
  const sweeps = new Sweeps(deps, store);
  return {
    actions: {
      list: (params) => list.page(params),
      get: ({ conversationId, viewer }) => views.one(conversationId, viewer.userId),
      patch: (params) => settings.patch(params),
      history: (params) => history.page(params),
      entries: (params) => entries.page(params),
      sync: (params) => sync.answer(params),
      backlog: (params) => sync.backlog(params),
      changes: (params) => sync.changes(params),
      heads: async ({ userId, since = 0 }) => Object.fromEntries(endsOf(movedAfter(await log.memberships(userId), since))),
      enrolDevice: ({ userId, deviceId }) => devices.enrol(userId, deviceId),
      forgetDevice: (params) => devices.forget(params),
      noteProfile: async ({ userId }) => void (await store.participation.record(userId, { op: "profile" })),
      fill: (params) => entries.fill(params),
      locate: (params) => entries.locate(params),
    },
    viewOf: (conversationId, userId) => views.one(conversationId, userId),
    start: () => sweeps.start(),
    stop: () => sweeps.stop(),
  };
}
