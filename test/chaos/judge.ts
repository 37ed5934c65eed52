import type { Arrivals, Copy, History, Holder, LoggedEntry, Move, Read, Send } from "./history.ts";
import { goneIn, judgeChanges, judgeMoves } from "./judge-changes.ts";
import { sightOf } from "./sight.ts";

/**
 * What is wrong:
 * - lost: acknowledged and not in the log, in the log and not at a device, or a seq with no entry;
 * - repeated: one message at two places;
 * - reordered: not where it was acknowledged to be, before one that was acknowledged before it was sent, or different
 *   for two who look;
 * - phantom: in the log or at a device, and sent by nobody or refused;
 * - leaked: sent to somebody who was not a member then;
 * - backwards: read further than the nodes say some time later;
 * - untold: at a device only since it asked: the server had not told it that there was more.
 */
export const verdicts = ["lost", "repeated", "reordered", "phantom", "leaked", "backwards", "untold"] as const;
export type Verdict = (typeof verdicts)[number];

export interface Violation {
  verdict: Verdict;
  conversationId: string;
  /** A message's clientMsgId, or where in the log. */
  what: string;
  because: string;
}

export interface Judgement {
  violations: Violation[];
  /** Messages acknowledged, and present once, in order, everywhere. */
  kept: number;
  /** Messages nobody answered for; they may be there. */
  unanswered: number;
  /** But for those who came and went. */
  refused: number;
}

/** Reads what everybody saw, and says what became of each message. */
export function judge(history: History): Judgement {
  const violations = [...history.holders.keys()].flatMap((conversationId) => judgeConversation(history, conversationId));
  const blamed = new Set(violations.map(({ what }) => what));
  const sent = (kind: string | undefined) => history.sends.filter(({ outcome }) => outcome?.kind === kind);
  return {
    violations: [...violations, ...history.arrivals.flatMap(misordered), ...history.reads.flatMap(backwards)],
    kept: sent("acknowledged").filter(({ clientMsgId }) => !blamed.has(clientMsgId)).length,
    unanswered: sent(undefined).length,
    refused: sent("refused").filter((send) => !hasGone(history.moves, send)).length,
  };
}

const hasGone = (moves: Move[], { conversationId, senderId }: Send) =>
  moves.some((move) => move.conversationId === conversationId && move.userId === senderId);

function judgeConversation(history: History, conversationId: string): Violation[] {
  const here = <T extends { conversationId: string }>(items: T[]) =>
    items.filter((item) => item.conversationId === conversationId);
  const sends = here(history.sends);
  const [log, ...otherLogs] = here(history.logs);
  if (!log) return [{ verdict: "lost", conversationId, what: "log", because: "nobody could read it" }];
  const holders = history.holders.get(conversationId) ?? [];
  const heldBy = (copies: Copy[], { device }: Holder) => copies.find(({ holder }) => holder === device) ?? nothing(log, device);
  const [told, copies] = [here(history.told), here(history.copies)];
  // Whoever was away then finds it empty and does not know why.
  const gone = goneIn(log.entries);
  return [
    ...holes(log),
    ...sends.flatMap((send) => judgeSend(send, log)),
    ...strangers(sends, log),
    ...overtaken(sends, log),
    ...judgeChanges(here(history.changes), log),
    ...judgeMoves(here(history.moves), log),
    ...otherLogs.flatMap((other) => differences(other, log, gone)),
    ...holders.flatMap((holder) => differences(heldBy(copies, holder), sightOf(log, holder.userId), gone)),
    ...holders.flatMap((holder) => untold(heldBy(told, holder), heldBy(copies, holder))),
    ...holders.flatMap((holder) => leaked(history.arrivals, holder, log)),
  ];
}

const nothing = ({ conversationId }: Copy, holder: string): Copy => ({ conversationId, holder, entries: [] });

function holes({ conversationId, entries }: Copy): Violation[] {
  return entries.flatMap(({ seq }, index) => {
    const due = (entries[index - 1]?.seq ?? 0) + 1;
    if (seq === due) return [];
    const verdict = seq > due ? "lost" : "repeated";
    return [{ verdict, conversationId, what: `seq ${due}`, because: `the log has seq ${seq} there` }];
  });
}

function judgeSend(send: Send, { conversationId, entries }: Copy): Violation[] {
  const { clientMsgId, senderId, outcome } = send;
  const found = entries.filter((entry) => entry.clientMsgId === clientMsgId && entry.senderId === senderId);
  const say = (verdict: Verdict, because: string): Violation[] => [{ verdict, conversationId, what: clientMsgId, because }];
  const [entry] = found;
  if (found.length > 1) return say("repeated", `the log has it at seq ${found.map(({ seq }) => seq).join(" and ")}`);
  if (entry && outcome?.kind === "refused") return say("phantom", `refused as ${outcome.code}, and at seq ${entry.seq}`);
  if (entry && entry.content !== send.content && !goneIn(entries).has(entry.id))
    return say("phantom", `at seq ${entry.seq} is another text`);
  if (outcome?.kind !== "acknowledged") return [];
  if (!entry) return say("lost", `acknowledged at seq ${outcome.seq}, and not in the log`);
  if (entry.seq !== outcome.seq || entry.id !== outcome.id) {
    return say("reordered", `acknowledged at seq ${outcome.seq}, and in the log at seq ${entry.seq}`);
  }
  return [];
}

function strangers(sends: Send[], { conversationId, entries }: Copy): Violation[] {
  const known = new Set(sends.map(({ senderId, clientMsgId }) => `${senderId} ${clientMsgId}`));
  return entries
    .filter(({ kind, senderId, clientMsgId }) => kind === "message" && !known.has(`${senderId} ${clientMsgId}`))
    .map((entry) => ({ verdict: "phantom", conversationId, what: nameOf(entry), because: "nobody sent it" }));
}

/** Who sends when a message is acknowledged comes after it. */
function overtaken(sends: Send[], { conversationId, entries }: Copy): Violation[] {
  const byId = new Map(sends.map((send) => [`${send.senderId} ${send.clientMsgId}`, send]));
  const violations: Violation[] = [];
  let latest: Send | undefined;
  for (const { senderId, clientMsgId, seq } of entries) {
    const send = byId.get(`${senderId} ${clientMsgId}`);
    if (!send) continue;
    if (send.outcome?.kind === "acknowledged" && latest && send.outcome.at < latest.at) {
      const because = `at seq ${seq}, behind ${latest.clientMsgId}, which was sent when it was acknowledged already`;
      violations.push({ verdict: "reordered", conversationId, what: send.clientMsgId, because });
    }
    if (!latest || send.at > latest.at) latest = send;
  }
  return violations;
}

function untold({ conversationId, holder, entries }: Copy, asked: Copy): Violation[] {
  const has = new Set(entries.map(({ seq }) => seq));
  const late = asked.entries.filter(({ seq }) => !has.has(seq));
  return late.map((entry) => ({
    verdict: "untold",
    conversationId,
    what: nameOf(entry),
    because: `${holder} had to ask for it`,
  }));
}

const nameOf = ({ clientMsgId, seq }: LoggedEntry) => clientMsgId ?? `seq ${seq}`;

/** Of what somebody has from the log itself. */
function differences({ conversationId, holder, entries }: Copy, log: Copy, gone: ReadonlySet<string>): Violation[] {
  const say = (verdict: Verdict, entry: LoggedEntry, because: string): Violation => ({
    verdict,
    conversationId,
    what: nameOf(entry),
    because: `${holder} ${because}`,
  });
  const bySeq = new Map(log.entries.map((entry) => [entry.seq, entry]));
  const isEmptied = ({ id, target = "" }: LoggedEntry) => gone.has(id) || gone.has(target);
  const has = new Set(entries.map(({ seq }) => seq));
  return [
    ...entries.flatMap((entry, index) => {
      const logged = bySeq.get(entry.seq);
      if (logged?.id !== entry.id) return [say("phantom", entry, `has at seq ${entry.seq} what the log has not`)];
      if (logged.content !== entry.content && !isEmptied(entry))
        return [say("phantom", entry, `has another text at seq ${entry.seq}`)];
      const before = entries[index - 1]?.seq ?? 0;
      if (entry.seq === before) return [say("repeated", entry, `has seq ${entry.seq} twice`)];
      if (entry.seq < before) return [say("reordered", entry, `has seq ${entry.seq} behind seq ${before}`)];
      return [];
    }),
    ...log.entries.filter(({ seq }) => !has.has(seq)).map((entry) => say("lost", entry, `has no seq ${entry.seq}`)),
  ];
}

/** What came to a device whose user was not a member then. */
function leaked(arrivals: Arrivals[], { device, userId }: Holder, log: Copy): Violation[] {
  const { conversationId } = log;
  const seen = new Set(sightOf(log, userId).entries.map(({ id }) => id));
  const others = new Set(log.entries.map(({ id }) => id).filter((id) => !seen.has(id)));
  const came = arrivals.filter((one) => one.device === device).flatMap(({ entries }) => entries);
  return came
    .filter(({ id }) => others.has(id))
    .map(({ seq }) => ({
      verdict: "leaked",
      conversationId,
      what: `seq ${seq}`,
      because: `${device} was sent it, not a member`,
    }));
}

function backwards({ conversationId, userId, seq, said }: Read): Violation[] {
  return said
    .filter(({ readSeq }) => readSeq < seq)
    .map(({ holder, readSeq }) => {
      const because = `${userId} was acknowledged to have read to seq ${seq}, and ${holder} says ${readSeq}`;
      return { verdict: "backwards", conversationId, what: `reading of ${userId}`, because };
    });
}

/** What is new on a connection stands higher than all that came before it. */
function misordered({ device, entries }: Arrivals): Violation[] {
  const furthest = new Map<string, number>();
  const came = new Set<string>();
  return entries.flatMap(({ conversationId, seq, id }) => {
    const before = furthest.get(conversationId) ?? 0;
    furthest.set(conversationId, Math.max(before, seq));
    const isNew = !came.has(id);
    came.add(id);
    if (!isNew || seq > before) return [];
    const because = `${device} was sent it behind seq ${before} on one connection`;
    return [{ verdict: "reordered", conversationId, what: `seq ${seq}`, because }];
  });
}
