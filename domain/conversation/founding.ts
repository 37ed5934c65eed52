import type { ConversationSettings } from "../../contracts/entry.ts";
import type { ConversationType } from "../../contracts/shapes.ts";
import { type ConversationRecord, ConversationState, type Member } from "./state.ts";

function founding(
  conversationId: string,
  type: ConversationType,
  settings: ConversationSettings,
  now: string,
): ConversationRecord {
  const start = { epoch: 1, snapSeq: 0, snapN: 0, snapAt: now, version: 0, floorSeq: 0 };
  return { conversationId, type, settings, createdAt: now, ...start };
}

/** A direct conversation before its first message: both see it from the start of its log. */
export function foundDirect(conversationId: string, userIds: readonly string[], now: string): ConversationState {
  const members = userIds.map(
    (userId): Member => ({ conversationId, userId, role: "member", intervals: [{ from: 1 }], joinedAt: now, asOf: 0 }),
  );
  return new ConversationState(founding(conversationId, "direct", {}, now), members);
}

/** A group before the `member` entry that makes it. */
export function foundGroup(conversationId: string, settings: ConversationSettings, now: string): ConversationState {
  return new ConversationState(founding(conversationId, "group", settings, now), []);
}
