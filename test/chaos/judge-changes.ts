import type { Change, Copy, LoggedEntry, Move } from "./history.ts";
import type { Verdict, Violation } from "./judge.ts";

const changing = new Set(["edit", "delete", "reaction"]);

/** What became of the changes that were asked for: each that was acknowledged is there, where it was said to be, once. */
export function judgeChanges(changes: Change[], { conversationId, entries }: Copy): Violation[] {
  const gone = goneIn(entries);
  const say = (verdict: Verdict, what: string, because: string) => ({ verdict, conversationId, what, because });
  const fate = (change: Change): Violation[] => {
    const { outcome, kind, target } = change;
    if (outcome?.kind !== "acknowledged") return [];
    const found = entries.filter((entry) => isOf(entry, change, gone));
    // Who asks again for a reaction that is there is told how the message stands now.
    if (found.some(({ seq }) => seq === outcome.seq || (kind === "reaction" && seq < outcome.seq))) return [];
    const verdict = found.length ? "reordered" : "lost";
    return [say(verdict, `${kind} of ${target}`, `acknowledged at seq ${outcome.seq}, and not there`)];
  };
  const unasked = entries
    .filter((entry) => changing.has(entry.kind) && !changes.some((change) => isOf(entry, change, gone)))
    .map(({ kind, seq }) => say("phantom", `seq ${seq}`, `nobody asked for this ${kind}`));
  const again = repeated(entries).map(({ kind, seq }) => say("repeated", `seq ${seq}`, `this ${kind} changes nothing`));
  return [...changes.flatMap(fate), ...unasked, ...again];
}

/** Who was brought in or sent away so often is so in the log, and nobody else. */
export function judgeMoves(moves: Move[], { conversationId, entries }: Copy): Violation[] {
  const wanted = Map.groupBy(moves, ({ op, userId }) => `${op} ${userId}`);
  const steps = entries.filter(({ kind, op }) => kind === "member" && op !== "create");
  const found = Map.groupBy(steps, ({ op, userIds }) => `${op} ${userIds}`);
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((what): Violation[] => {
    const [asked, there] = [wanted.get(what) ?? [], (found.get(what) ?? []).length];
    const done = asked.filter((move) => move.done).length;
    const because = `${done} times acknowledged of ${asked.length}, ${there} times in the log`;
    if (there < done) return [{ verdict: "lost", conversationId, what, because }];
    return there > asked.length ? [{ verdict: "phantom", conversationId, what, because }] : [];
  });
}

/** Ids of messages that were deleted: they and their edits are emptied. */
export const goneIn = (entries: LoggedEntry[]) =>
  new Set(entries.flatMap(({ kind, target }) => (kind === "delete" ? (target ?? []) : [])));

function isOf(entry: LoggedEntry, change: Change, gone: ReadonlySet<string>): boolean {
  if (entry.kind !== change.kind || entry.target !== change.target || entry.senderId !== change.senderId) return false;
  if (change.kind === "reaction") return entry.emoji === change.emoji && entry.op === change.op;
  if (change.kind === "delete") return true;
  return entry.clientMsgId === change.clientMsgId && (entry.content === change.content || gone.has(change.target));
}

/** An edit that is there twice; a deletion or a reaction that was so before. */
function repeated(entries: LoggedEntry[]): LoggedEntry[] {
  const now = new Map<string, string | undefined>();
  return entries.filter(({ kind, target, senderId, clientMsgId, emoji, op }) => {
    if (!changing.has(kind)) return false;
    const key = [kind, target, ...(kind === "delete" ? [] : [senderId, clientMsgId, emoji])].join(" ");
    const was = now.has(key) && now.get(key) === op;
    now.set(key, op);
    return was;
  });
}
