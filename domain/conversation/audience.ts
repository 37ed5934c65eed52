import type { LoggedEntry } from "../../contracts/entry.ts";
import { type ConversationState, covers, isPresent, type Member } from "./state.ts";
import type { StoredEntry } from "./visibility.ts";

/** Whom an entry concerns, once it is the log's. */
export interface Audience {
  /** Who is sent the entry: who is in the conversation and may see it, and whom it removed. */
  recipients: readonly string[];
  /** For whom the conversation is new. */
  newcomers: readonly string[];
  /** Who was in it before and is again. */
  returned: readonly string[];
}

const nobody: readonly string[] = [];

/** `state` has the entry, and may be past it. */
export function audienceOf(state: ConversationState, { entry, hiddenFor }: StoredEntry): Audience {
  const readers = entry.seq >= state.version ? state.present : presentSince(state, entry.seq);
  const seen = hiddenFor?.length ? readers.filter((userId) => !hiddenFor.includes(userId)) : readers;
  if (entry.kind !== "member") return { recipients: seen, newcomers: nobody, returned: nobody };
  const named = entry.userIds.flatMap((userId) => state.members.get(userId) ?? []);
  const leavers = named.filter((member) => member.intervals.at(-1)?.to === entry.seq);
  const joined = named.filter((member) => member.intervals.at(-1)?.from === entry.seq);
  return {
    recipients: leavers.length ? [...seen, ...idsOf(leavers)] : seen,
    newcomers: idsOf(joined.filter((member) => member.intervals.length === 1)),
    returned: idsOf(joined.filter((member) => member.intervals.length > 1)),
  };
}

const idsOf = (members: Member[]) => members.map((member) => member.userId);

function presentSince(state: ConversationState, seq: LoggedEntry["seq"]): string[] {
  return idsOf([...state.members.values()].filter((member) => isPresent(member) && covers(member, seq)));
}
