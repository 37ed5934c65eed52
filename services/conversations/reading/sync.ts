import { Histogram } from "prom-client";
import type { Params } from "../../../contracts/caller.ts";
import { ValidationError } from "../../../contracts/errors.ts";
import { limits } from "../../../contracts/limits.ts";
import type { Backlog, Moved, Reached } from "../../../contracts/services/offline.ts";
import type { Conversation, Me, Reset, UserChange } from "../../../contracts/shapes.ts";
import type { SyncAnswer, SyncRequest } from "../../../contracts/socket-events.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import { decodeSyncCursor, encodeSyncCursor, type SyncCursor } from "../../../domain/conversation/sync-cursor.ts";
import { endSeq, firstSeq } from "../../../domain/conversation/visibility.ts";
import { ANSWER_BYTES, withinBytes } from "../../../domain/pacing/within-bytes.ts";
import type { Membership } from "../../../stores/message-log.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { NumberedChange } from "../../../stores/participation.ts";
import type { Deps } from "../../deps.ts";
import type { ConversationViews } from "./conversation-views.ts";
import { type DeviceRecord, type Devices, endsOf } from "./devices.ts";
import type { LogReader } from "./log-reader.ts";
import { membershipOf, movedAfter, sightOf } from "./members.ts";
import { type PageLimits, readPage, type Standing, type SyncPage } from "./sync-page.ts";

/** User changes that one page brings at most. */
const CHANGES_AT_ONCE = 500;

/** A conversation's id and the end of its log as JSON. */
const HEAD_BYTES = 48;

/** A page, and what has to be told beside its entries. */
interface Found extends SyncPage {
  /** Conversations with other settings, whether they moved or not. */
  touched: Membership[];
  changes: UserChange[];
  /** The last change that was looked at. */
  changeSeq: number;
  /** Conversations to be read afresh. */
  resets: Membership[];
}

/** "What have I missed?", asked from a device's record or from positions that the client names. */
export class Sync {
  readonly #deps: Deps;
  readonly #store: MessageStore;
  readonly #reader: LogReader;
  readonly #views: ConversationViews;
  readonly #devices: Devices;
  readonly #sizes: Histogram;

  constructor(deps: Deps, parts: { store: MessageStore; reader: LogReader; views: ConversationViews; devices: Devices }) {
    this.#deps = deps;
    this.#store = parts.store;
    this.#reader = parts.reader;
    this.#views = parts.views;
    this.#devices = parts.devices;
    this.#sizes = new Histogram({
      name: "switchboard_sync_entries",
      help: "Entries in one answer to `sync`, or in one backlog",
      buckets: [0, 1, 5, 20, 100, 500, 1000],
      registers: [deps.metrics],
    });
  }

  answer({ viewer, request }: Params<"conversations.sync">): Promise<SyncAnswer> {
    const most = { limit: request.limit, conversations: limits.syncConversations };
    return request.cursors ? this.#fromPositions(viewer, request, most) : this.#fromRecord(viewer, request, most);
  }

  /** As many conversations as entries: no cursor has to name them. Those that only moved are known to the device. */
  async backlog({ viewer, limit, from }: Params<"conversations.backlog">): Promise<Backlog> {
    const most = { limit, conversations: limit, headBytes: HEAD_BYTES };
    const missed = await this.#missed(viewer, { limit }, most, from);
    const positions = new Map([...Object.entries(from?.positions ?? {}), ...missed.positions]);
    const answer = await this.#compose(viewer.userId, { ...missed, positions, moved: missed.moved.filter(isNew) });
    const { changeSeq } = missed;
    const backlog = { ...answer, heads: Object.fromEntries(endsOf(missed.memberships)), changeSeq };
    if (!missed.more || missed.entries.length >= limit) return backlog;
    return { ...backlog, next: { positions: Object.fromEntries(positions), changes: changeSeq } };
  }

  async changes({ viewer, after, since }: Params<"conversations.changes">): Promise<Moved> {
    const { log, participation } = this.#store;
    const [memberships, kept] = await Promise.all([
      log.memberships(viewer.userId),
      participation.changes(viewer.userId, after, CHANGES_AT_ONCE),
    ]);
    const heads = Object.fromEntries(endsOf(movedAfter(memberships, since)));
    if (kept.length === 0) return { conversations: [], changes: [], resets: [], heads };
    const { changes, me } = await this.#withProfile(viewer, kept);
    // What a change is about may have begun after the memberships were read.
    const { touched, reset, ...told } = tell(changes, await log.memberships(viewer.userId), me);
    const conversations = slim(await this.#views.of(viewer.userId, [...new Set(touched)]));
    return { ...told, conversations, resets: [...new Set(reset)].map(resetOf), heads };
  }

  /** Those conversations alone; acknowledges nothing. */
  async #fromPositions(viewer: Viewer, { cursors = {}, epochs }: SyncRequest, most: PageLimits) {
    const { userId } = viewer;
    const memberships = await Promise.all(Object.keys(cursors).map((id) => membershipOf(this.#store.log, id, userId)));
    const { same, restored } = byEpoch(memberships, epochs);
    const standings = same.map((membership): Standing => {
      const { conversationId } = membership.member;
      const position = cursors[conversationId] ?? 0;
      if (position > endSeq(sightOf(membership))) throw ValidationError.at(`cursors.${conversationId}`, "is above the log's end");
      return { membership, position, fresh: false };
    });
    const page = await readPage(this.#reader, standings, most);
    return this.#compose(userId, { ...page, touched: [], changes: [], changeSeq: 0, resets: restored });
  }

  async #fromRecord(viewer: Viewer, request: SyncRequest, most: PageLimits): Promise<SyncAnswer> {
    return this.#compose(viewer.userId, await this.#missed(viewer, request, most));
  }

  /** All conversations, from where the device stands, or from further on; a cursor that is passed back first moves it there. */
  async #missed(viewer: Viewer, { cursor, epochs }: SyncRequest, most: PageLimits, from?: Reached) {
    const { userId, deviceId } = viewer;
    const { log, participation } = this.#store;
    const [memberships, known] = await Promise.all([log.memberships(userId), this.#devices.record(deviceId)]);
    if (cursor !== undefined) await this.#acknowledge(viewer, decodeSyncCursor(cursor), memberships, known);
    const record = further(cursor === undefined ? known : await this.#devices.record(deviceId), from);
    const { same, restored } = byEpoch(memberships, epochs);
    const [kept, page] = await Promise.all([
      participation.changes(userId, record.changes, CHANGES_AT_ONCE),
      readPage(this.#reader, standingsOf(same, record), most),
    ]);
    const { changes, me } = await this.#withProfile(viewer, kept);
    const told = tell(changes, memberships, me);
    // What is not kept any more may have been anything.
    const missed = (kept[0]?.changeSeq ?? 0) > record.changes + 1 ? memberships : [];
    return {
      ...page,
      more: page.more || changes.length === CHANGES_AT_ONCE,
      touched: [...told.touched, ...missed],
      changes: told.changes,
      changeSeq: changes.at(-1)?.changeSeq ?? record.changes,
      resets: [...restored, ...told.reset, ...missed],
      memberships,
    };
  }

  /** The profile as it is now, if it changed. While `users` does not answer, that change is left to the next sync. */
  async #withProfile(viewer: Viewer, changes: NumberedChange[]): Promise<{ changes: NumberedChange[]; me?: Me }> {
    const first = changes.findIndex(({ change }) => change.op === "profile");
    if (first < 0) return { changes };
    const me = await this.#deps.caller.call("users.me", { viewer }).catch(() => undefined);
    return me ? { changes, me } : { changes: changes.slice(0, first) };
  }

  async #compose(userId: string, found: Found): Promise<SyncAnswer> {
    const { entries, positions, more, changes, changeSeq } = found;
    this.#sizes.observe(entries.length);
    const told = [...found.moved.map(({ membership }) => membership), ...found.touched];
    const conversations = slim(await this.#views.of(userId, [...new Set(told)]));
    // A page of more conversations than a cursor holds is acknowledged for the first of them only: the rest comes again.
    const held = new Map([...positions].slice(0, limits.syncConversations));
    const cursor = encodeSyncCursor({ positions: held, changes: changeSeq });
    return { entries, conversations, changes, resets: [...new Set(found.resets)].map(resetOf), cursor, more };
  }

  /**
   * "I have stored all that came before this cursor." The senders hear of it from the conversation's actor; the
   * device's record moves even where that actor does not take it, as from who has left.
   */
  async #acknowledge(viewer: Viewer, cursor: SyncCursor, memberships: Membership[], record: DeviceRecord): Promise<void> {
    await this.#mustBePossible(viewer.userId, cursor, memberships);
    const moved = [...cursor.positions].filter(([id, seq]) => seq > (record.positions.get(id) ?? 0));
    await Promise.allSettled(
      moved.map(([conversationId, seq]) =>
        this.#deps.caller.call("conversations.cursor", { conversationId, viewer, kind: "delivered", seq }),
      ),
    );
    this.#devices.advance(viewer.deviceId, cursor);
  }

  async #mustBePossible(userId: string, { positions, changes }: SyncCursor, memberships: Membership[]): Promise<void> {
    const ends = endsOf(memberships);
    const within = [...positions].every(([id, seq]) => seq <= (ends.get(id) ?? -1));
    if (within && changes <= (await this.#store.participation.lastChange(userId))) return;
    throw ValidationError.at("cursor", "is above the end of what it stands for");
  }
}

/** Those for which there is no room in the answer come without what was last said in them; their entries tell it. */
function slim(conversations: Conversation[]): Conversation[] {
  const whole = withinBytes(conversations, ANSWER_BYTES / 4).length;
  return conversations.map((one, i) => (i < whole ? one : { ...one, lastMessage: undefined }));
}

/** The device has nothing of it. */
const isNew = ({ membership, position }: Standing): boolean => position < firstSeq(membership.member);

function standingsOf(memberships: Membership[], { positions }: DeviceRecord): Standing[] {
  return memberships.map((membership) => {
    const position = positions.get(membership.member.conversationId);
    const start = firstSeq(membership.member) - 1;
    return { membership, position: Math.max(position ?? start, start), fresh: position === undefined };
  });
}

function further(record: DeviceRecord, from: Reached | undefined): DeviceRecord {
  if (!from) return record;
  return { positions: new Map([...record.positions, ...Object.entries(from.positions)]), changes: from.changes };
}

/** Which of them the client holds as they are, and which were restored from a backup since. */
function byEpoch(memberships: Membership[], epochs: SyncRequest["epochs"] = {}) {
  const isRestored = ({ member, epoch }: Membership) => (epochs[member.conversationId] ?? epoch) !== epoch;
  return { same: memberships.filter((m) => !isRestored(m)), restored: memberships.filter(isRestored) };
}

/** What the changes come to: those told as they are, and conversations with new settings or to be read afresh. */
function tell(numbered: NumberedChange[], memberships: Membership[], me?: Me) {
  const byId = new Map(memberships.map((membership) => [membership.member.conversationId, membership]));
  const changes: UserChange[] = [];
  const touched: Membership[] = [];
  const reset: Membership[] = [];
  for (const { change } of numbered) {
    if (change.op === "profile") continue;
    if (change.op !== "conversation" && change.op !== "reset") {
      changes.push(change);
      continue;
    }
    const membership = byId.get(change.conversationId);
    if (membership) (change.op === "reset" ? reset : touched).push(membership);
  }
  if (me) changes.push({ op: "profile", user: me });
  return { changes, touched, reset };
}

function resetOf(membership: Membership): Reset {
  const { conversationId } = membership.member;
  return {
    conversationId,
    epoch: membership.epoch,
    firstSeq: firstSeq(membership.member),
    lastSeq: endSeq(sightOf(membership)),
  };
}
