import type { LoggedEntry } from "../../contracts/entry.ts";
import type { GroupState } from "../../contracts/services/conversations.ts";
import type { GroupVersion } from "../../contracts/services/routing.ts";
import { type Audience, audienceOf } from "../../domain/conversation/audience.ts";
import { groupState } from "../../domain/conversation/group.ts";
import type { ConversationState } from "../../domain/conversation/state.ts";
import type { StoredEntry } from "../../domain/conversation/visibility.ts";

/** What everybody should hear of a turn, once it is committed. */
export interface News extends Audience {
  conversationId: string;
  entry?: LoggedEntry;
  /** The entry was the log's before this turn. */
  repeated?: boolean;
  exceptSession?: string;
  /** Of a group: as of which version of it the recipients are its members. */
  members?: GroupVersion;
  /** The group after a `member` or `update` entry, and its version before, where that is known. */
  group?: { state: GroupState; previousVersion?: number };
}

/** `state` has the entry, and may be past it. */
export function newsOf(
  state: ConversationState,
  kept: StoredEntry,
  { exceptSession, previousVersion }: { exceptSession?: string; previousVersion?: number } = {},
): News {
  const { entry } = kept;
  const news: News = { ...audienceOf(state, kept), conversationId: entry.conversationId, entry, exceptSession };
  if (state.type === "direct" || kept.hiddenFor?.length) return news;
  const { version } = state;
  news.members = version === entry.seq ? { version, before: previousVersion } : { version };
  if (entry.kind === "member" || entry.kind === "update") news.group = { state: groupState(state), previousVersion };
  return news;
}
