import { z } from "zod";
import type { Params, Returns } from "../../../contracts/caller.ts";
import { ValidationError } from "../../../contracts/errors.ts";
import { id, timestamp } from "../../../contracts/text.ts";
import { endSeq } from "../../../domain/conversation/visibility.ts";
import type { Membership, MessageLog } from "../../../stores/message-log.ts";
import type { ConversationViews } from "./conversation-views.ts";
import { sightOf } from "./members.ts";
import type { Places } from "./places.ts";

/** Where a conversation stands in the list. */
interface Rank {
  /** When something last came that the user may see. */
  at: string;
  id: string;
}

const encodedRank = z.tuple([timestamp, id]);

/** A user's conversations, newest first, in pages whose edges do not move when a conversation does. */
export class ConversationList {
  readonly #log: MessageLog;
  readonly #places: Places;
  readonly #views: ConversationViews;

  constructor(log: MessageLog, places: Places, views: ConversationViews) {
    this.#log = log;
    this.#places = places;
    this.#views = views;
  }

  async page({ viewer, limit, cursor }: Params<"conversations.list">): Promise<Returns<"conversations.list">> {
    const after = cursor === undefined ? undefined : decodeRank(cursor);
    const ranked = await this.#ranked(viewer.userId);
    const rest = after ? ranked.filter(({ rank }) => byRank(rank, after) > 0) : ranked;
    const page = rest.slice(0, limit);
    const items = await this.#views.of(
      viewer.userId,
      page.map(({ membership }) => membership),
    );
    const last = page.at(-1);
    return { items, ...(last && rest.length > limit && { nextCursor: encodeRank(last.rank) }) };
  }

  async #ranked(userId: string): Promise<{ membership: Membership; rank: Rank }[]> {
    const memberships = await this.#log.memberships(userId);
    const ranked = await Promise.all(memberships.map(async (membership) => ({ membership, rank: await this.#rank(membership) })));
    return ranked.sort((a, b) => byRank(a.rank, b.rank));
  }

  /** For who has left, the conversation rests where it was left. */
  async #rank(membership: Membership): Promise<Rank> {
    const { conversationId } = membership.member;
    const end = endSeq(sightOf(membership));
    const left = end < membership.lastSeq ? await this.#places.at(conversationId, end) : undefined;
    return { at: left?.createdAt ?? membership.lastAt, id: conversationId };
  }
}

/** Newest first; ids, being unequal, settle equal times. */
function byRank(a: Rank, b: Rank): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

const encodeRank = ({ at, id: conversationId }: Rank): string =>
  Buffer.from(JSON.stringify([at, conversationId])).toString("base64url");

function decodeRank(cursor: string): Rank {
  try {
    const [at, conversationId] = encodedRank.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return { at, id: conversationId };
  } catch {
    throw ValidationError.at("cursor", "is not a cursor of this list");
  }
}
