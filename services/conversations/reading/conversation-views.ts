import type { Config } from "../../../config.ts";
import type { MessageEntry } from "../../../contracts/entry.ts";
import type { KnownUser } from "../../../contracts/services/users.ts";
import type { Conversation, Group } from "../../../contracts/shapes.ts";
import { withEdits } from "../../../domain/conversation/current-message.ts";
import { endSeq, firstSeq, leftSeq } from "../../../domain/conversation/visibility.ts";
import type { Membership, Roster } from "../../../stores/message-log.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { ParticipantSettings, UserCursor } from "../../../stores/participation.ts";
import type { LogReader } from "./log-reader.ts";
import { membershipOf, sightOf } from "./members.ts";
import { viewsFor } from "./message-views.ts";
import type { Peers } from "./peers.ts";
import type { Unread } from "./unread.ts";

/** What is asked once for many conversations of one user. */
interface Around {
  cursors: Map<string, { mine: UserCursor; others: Conversation["others"] }>;
  settings: Map<string, ParticipantSettings>;
  hidden: Map<string, number>;
  peers: Map<string, KnownUser>;
  rosters: Map<string, Roster>;
}

/** Conversations as one user sees them. */
export class ConversationViews {
  readonly #store: MessageStore;
  readonly #reader: LogReader;
  readonly #unread: Unread;
  readonly #peers: Peers;
  readonly #config: Config;

  constructor(parts: { store: MessageStore; reader: LogReader; unread: Unread; peers: Peers; config: Config }) {
    this.#store = parts.store;
    this.#reader = parts.reader;
    this.#unread = parts.unread;
    this.#peers = parts.peers;
    this.#config = parts.config;
  }

  /** In the order of the memberships, which are all of one user. */
  async of(userId: string, memberships: Membership[]): Promise<Conversation[]> {
    if (memberships.length === 0) return [];
    const around = await this.#around(userId, memberships);
    return Promise.all(memberships.map((membership) => this.#view(membership, around)));
  }

  /** NOT_FOUND for who never was a member. */
  async one(conversationId: string, userId: string): Promise<Conversation> {
    const membership = await membershipOf(this.#store.log, conversationId, userId);
    return this.#view(membership, await this.#around(userId, [membership]));
  }

  async #around(userId: string, memberships: Membership[]): Promise<Around> {
    const { log, participation } = this.#store;
    const ids = memberships.map(({ member }) => member.conversationId);
    const groups = memberships.filter(({ type }) => type !== "direct").map(({ member }) => member.conversationId);
    const [cursors, settings, peers, rosters] = await Promise.all([
      participation.cursorsFor(userId, ids),
      participation.settings(userId),
      this.#peers.of(memberships),
      log.rosters(groups),
    ]);
    const byId = new Map(cursors.map((cursor) => [cursor.mine.conversationId, cursor]));
    const unreadFrom = memberships.map((m) => ({
      conversationId: m.member.conversationId,
      after: Math.max(byId.get(m.member.conversationId)?.mine.readSeq ?? 0, m.floorSeq),
    }));
    return {
      cursors: byId,
      settings,
      hidden: await participation.hiddenAbove(userId, unreadFrom),
      peers,
      rosters: new Map(rosters.map((roster) => [roster.conversationId, roster])),
    };
  }

  async #view(membership: Membership, around: Around): Promise<Conversation> {
    const { member, type, epoch, settings } = membership;
    const id = member.conversationId;
    const sight = sightOf(membership);
    const cursors = around.cursors.get(id);
    const [progress, lastMessage] = await Promise.all([
      this.#unread.progress(membership, cursors?.mine, around.hidden.get(id) ?? 0),
      this.#lastMessage(membership),
    ]);
    const left = leftSeq(sight);
    const peer = around.peers.get(id);
    return {
      id,
      type,
      epoch,
      ...(settings.name !== undefined && { name: settings.name }),
      ...(peer && { peer: peer.user }),
      ...(type !== "direct" && { group: this.#group(membership, around.rosters.get(id)) }),
      lastSeq: endSeq(sight),
      firstSeq: firstSeq(sight),
      ...(left !== undefined && { leftSeq: left }),
      ...(lastMessage && { lastMessage }),
      lastMessageAt: lastMessage?.createdAt ?? member.joinedAt,
      ...progress,
      others: upTo(endSeq(sight), othersAsShown(type, cursors?.others, peer)),
      ...(around.settings.get(id) ?? { muted: false, pinned: false, archived: false }),
    };
  }

  async #lastMessage(membership: Membership): Promise<MessageEntry | undefined> {
    const sight = sightOf(membership);
    const end = endSeq(sight);
    // Mostly it is the last entry of all, which takes no search.
    const [last] = await this.#reader.messages(sight, { from: end, through: end }, 1, true);
    const [message] = last ? [last] : await this.#reader.messages(sight, { from: 1, through: end - 1 }, 1, true);
    if (!message) return undefined;
    const views = await viewsFor(this.#store.log, sight, [message]);
    return withEdits(message, views.get(message.seq));
  }

  #group({ member, settings }: Membership, roster: Roster | undefined): Group {
    const { name = "", description, avatarUrl, isPrivate = false, maxMembers, closed } = settings;
    return {
      id: member.conversationId,
      conversationId: member.conversationId,
      name,
      ...(description && { description }),
      ...(avatarUrl && { avatarUrl }),
      ownerId: roster?.ownerId ?? "",
      isPrivate,
      maxMembers: maxMembers ?? this.#config.groupMembers,
      memberCount: roster?.memberCount ?? 0,
      myRole: member.role,
      ...(closed && { closed }),
    };
  }
}

/** A peer who does not let others know what was read has read nothing, as far as one can see. */
function othersAsShown(
  type: Membership["type"],
  others = { deliveredSeq: 0, readSeq: 0 },
  peer?: KnownUser,
): Conversation["others"] {
  return type === "direct" && !peer?.privacy.readReceipts ? { ...others, readSeq: 0 } : others;
}

/** What the others did after one had left is not one's to know. */
const upTo = (end: number, { deliveredSeq, readSeq }: Conversation["others"]): Conversation["others"] => ({
  deliveredSeq: Math.min(deliveredSeq, end),
  readSeq: Math.min(readSeq, end),
});
