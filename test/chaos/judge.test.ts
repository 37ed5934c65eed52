import { expect, test } from "@jest/globals";
import type { Arrivals, Copy, History, LoggedEntry, Send } from "./history.ts";
import { judge } from "./judge.ts";

const conversationId = "c";
const entry = (seq: number, name: string, more: Partial<LoggedEntry> = {}): LoggedEntry => {
  return { seq, id: `id of ${name}`, kind: "message", senderId: "ada", clientMsgId: name, content: `text of ${name}`, ...more };
};
const copy = (holder: string, ...entries: LoggedEntry[]): Copy => ({ conversationId, holder, entries });
/** Sent at `at`, acknowledged half a millisecond later at `seq`. */
const sent = (name: string, seq: number, at = seq, more: Partial<Send> = {}): Send => ({
  conversationId,
  senderId: "ada",
  clientMsgId: name,
  content: `text of ${name}`,
  at,
  troubles: [],
  outcome: { kind: "acknowledged", at: at + 0.5, seq, id: `id of ${name}` },
  ...more,
});

/** Two messages that came to everybody, but for `wrong`. */
function history(wrong: Partial<History> = {}): History {
  const both = [entry(1, "a"), entry(2, "b")];
  return {
    devices: new Map([[conversationId, ["phone", "laptop"]]]),
    sends: [sent("a", 1), sent("b", 2)],
    logs: [copy("g1", ...both), copy("g2", ...both)],
    told: wrong.copies ?? [copy("phone", ...both), copy("laptop", ...both)],
    copies: [copy("phone", ...both), copy("laptop", ...both)],
    arrivals: [],
    ...wrong,
  };
}

/** The verdict on each thing that is wrong. */
const verdicts = (wrong: Partial<History>) =>
  judge(history(wrong)).violations.map(({ verdict, what }) => [verdict, what] as const);

/** The log, and all who read it, with these entries. */
const everywhere = (...entries: LoggedEntry[]): Partial<History> => ({
  logs: [copy("g1", ...entries), copy("g2", ...entries)],
  copies: [copy("phone", ...entries), copy("laptop", ...entries)],
});

const arrived = (...seqs: number[]): Arrivals => ({
  device: "phone",
  gateway: "g1",
  entries: seqs.map((seq) => ({ conversationId, seq, id: `${seq}` })),
});

test("what is acknowledged and everywhere once, in order, is kept", () => {
  expect(judge(history())).toEqual({ violations: [], kept: 2, unanswered: 0, refused: 0 });
});

test("what was not answered may be there, and may not", () => {
  const unanswered = sent("b", 2, 2, { outcome: undefined });
  expect(judge(history({ sends: [sent("a", 1), unanswered] }))).toMatchObject({ violations: [], kept: 1, unanswered: 1 });
  expect(verdicts({ sends: [sent("a", 1), unanswered], ...everywhere(entry(1, "a")) })).toEqual([]);
});

test("what was refused and is not there is as it should be", () => {
  const refused = sent("x", 9, 9, { outcome: { kind: "refused", at: 9.5, code: "FORBIDDEN" } });
  expect(judge(history({ sends: [...history().sends, refused] }))).toMatchObject({ violations: [], refused: 1 });
});

test("entries of other kinds need no sender", () => {
  const made = entry(1, "made", { kind: "member", clientMsgId: undefined });
  expect(verdicts({ sends: [], ...everywhere(made) })).toEqual([]);
});

test("acknowledged and not in the log: lost", () => {
  expect(verdicts(everywhere(entry(1, "a")))).toEqual([["lost", "b"]]);
});

test("in the log and not at a device of a member: lost, and not counted as kept", () => {
  const wrong = { copies: [copy("phone", entry(1, "a"), entry(2, "b")), copy("laptop", entry(1, "a"))] };
  expect(verdicts(wrong)).toEqual([["lost", "b"]]);
  expect(judge(history(wrong)).kept).toBe(1);
});

test("a device that has nothing of a conversation: all of it is lost", () => {
  expect(verdicts({ copies: [copy("phone", entry(1, "a"), entry(2, "b"))] })).toEqual([
    ["lost", "a"],
    ["lost", "b"],
  ]);
});

test("a seq without an entry: lost", () => {
  const wrong = { sends: [sent("a", 1), sent("b", 3), sent("c", 4)], ...everywhere(entry(1, "a"), entry(3, "b"), entry(4, "c")) };
  expect(verdicts(wrong)).toEqual([["lost", "seq 2"]]);
});

test("a log that nobody could read: lost", () => {
  expect(verdicts({ logs: [] })).toEqual([["lost", "log"]]);
});

test("one message at two places of the log: repeated", () => {
  const wrong = { sends: [sent("a", 1), sent("b", 2, 1)], ...everywhere(entry(1, "a"), entry(2, "b"), entry(3, "a")) };
  expect(verdicts(wrong)).toEqual([["repeated", "a"]]);
});

test("twice at one device: repeated", () => {
  const twice = copy("phone", entry(1, "a"), entry(2, "b"), entry(2, "b"));
  expect(verdicts({ copies: [twice, copy("laptop", entry(1, "a"), entry(2, "b"))] })).toEqual([["repeated", "b"]]);
});

test("not where it was acknowledged to be: reordered", () => {
  const wrong = { sends: [sent("a", 2, 1), sent("b", 1, 1)] };
  expect(verdicts(wrong)).toEqual([
    ["reordered", "a"],
    ["reordered", "b"],
  ]);
});

test("behind one that was sent when it was acknowledged already: reordered", () => {
  expect(verdicts({ sends: [sent("a", 1, 10), sent("b", 2, 1)] })).toEqual([["reordered", "b"]]);
});

test("in either order when both were under way at once: as it should be", () => {
  expect(verdicts({ sends: [sent("a", 1, 10.1), sent("b", 2, 10)] })).toEqual([]);
});

test("in another order at a device: reordered", () => {
  const swapped = copy("phone", entry(2, "b"), entry(1, "a"));
  expect(verdicts({ copies: [swapped, copy("laptop", entry(1, "a"), entry(2, "b"))] })).toEqual([["reordered", "a"]]);
});

test("lower than what came before it on one connection: reordered, unless it came before, too", () => {
  expect(verdicts({ arrivals: [arrived(1, 3, 2)] })).toEqual([["reordered", "seq 2"]]);
  expect(verdicts({ arrivals: [arrived(1, 2, 1, 2, 3), arrived(1, 2)] })).toEqual([]);
});

test("sent by nobody: phantom", () => {
  expect(verdicts(everywhere(entry(1, "a"), entry(2, "b"), entry(3, "c")))).toEqual([["phantom", "c"]]);
});

test("refused, and there all the same: phantom", () => {
  const refused = sent("b", 2, 2, { outcome: { kind: "refused", at: 3, code: "FORBIDDEN" } });
  expect(verdicts({ sends: [sent("a", 1), refused] })).toEqual([["phantom", "b"]]);
});

test("with another text than was sent: phantom", () => {
  expect(verdicts(everywhere(entry(1, "a"), entry(2, "b", { content: "else" })))).toEqual([["phantom", "b"]]);
});

test("at a device and not in the log, or in one node's log only: phantom", () => {
  const more = [entry(1, "a"), entry(2, "b"), entry(3, "c")];
  expect(verdicts({ copies: [copy("phone", ...more), copy("laptop", ...more.slice(0, 2))] })).toEqual([["phantom", "c"]]);
  expect(verdicts({ logs: [copy("g1", ...more.slice(0, 2)), copy("g2", ...more)] })).toEqual([["phantom", "c"]]);
});

test("at a device only because it asked: untold", () => {
  const told = [copy("phone", entry(1, "a")), copy("laptop", entry(1, "a"), entry(2, "b"))];
  expect(verdicts({ told })).toEqual([["untold", "b"]]);
});
