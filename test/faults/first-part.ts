import type { Commit, MessageLog } from "../../stores/message-log.ts";

/**
 * What may have been stored of a commit when its writing was cut short: a first part of the entries, and the derived
 * rows only behind all entries, the record last. null: nothing. A conversation is made with its record or not at all.
 */
export async function firstPart(commit: Commit, log: MessageLog, random: () => number): Promise<Commit | null> {
  const { conversationId, members, views } = commit;
  const entries = commit.entries.slice(0, Math.floor(random() * (commit.entries.length + 1)));
  const whole = entries.length === commit.entries.length;
  if (!(await log.load(conversationId))) return whole ? commit : null;
  if (whole && random() < 0.5) return { conversationId, entries, members, views };
  return { conversationId, entries };
}
