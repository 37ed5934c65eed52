import { z } from "zod";
import type { Params, Returns } from "../../../contracts/caller.ts";
import { ValidationError } from "../../../contracts/errors.ts";
import { id, timestamp } from "../../../contracts/text.ts";
import { withinBytes } from "../../../domain/pacing/within-bytes.ts";
import type { MessageLog, Rank } from "../../../stores/message-log.ts";
import type { ConversationViews } from "./conversation-views.ts";

const encodedRank = z.tuple([timestamp, id]);

/** A user's conversations, newest first, in pages whose edges do not move when a conversation does. */
export class ConversationList {
  readonly #log: MessageLog;
  readonly #views: ConversationViews;

  constructor(log: MessageLog, views: ConversationViews) {
    this.#log = log;
    this.#views = views;
  }

  async page({ viewer, limit, cursor }: Params<"conversations.list">): Promise<Returns<"conversations.list">> {
    const ranked = await this.#log.latest(viewer.userId, limit + 1, cursor === undefined ? undefined : decodeRank(cursor));
    const page = ranked.slice(0, limit);
    const items = await this.#views.of(
      viewer.userId,
      page.map(({ membership }) => membership),
    );
    const fitting = withinBytes(items);
    const last = page[fitting.length - 1];
    if (!last || ranked.length <= fitting.length) return { items: fitting };
    return { items: fitting, nextCursor: encodeRank({ at: last.at, conversationId: last.membership.member.conversationId }) };
  }
}

const encodeRank = ({ at, conversationId }: Rank): string =>
  Buffer.from(JSON.stringify([at, conversationId])).toString("base64url");

function decodeRank(cursor: string): Rank {
  try {
    const [at, conversationId] = encodedRank.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return { at, conversationId };
  } catch {
    throw ValidationError.at("cursor", "is not a cursor of this list");
  }
}
