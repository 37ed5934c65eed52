import { describe, expect, test } from "@jest/globals";
import type { Arrivals, Change, Copy, History, LoggedEntry, Move, Send } from "./history.ts";
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
    holders: new Map([[conversationId, ["phone", "laptop"].map((device) => ({ device, userId: "ada" }))]]),
    changes: [],
    moves: [],
    reads: [],
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
  const made = entry(1, "made", { kind: "member", op: "create", userIds: ["ada"], clientMsgId: undefined });
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

describe("changes to messages", () => {
  const changed = (seq: number, kind: Change["kind"], more: Partial<LoggedEntry>): LoggedEntry => {
    return { seq, id: `id of ${seq}`, kind, senderId: "ada", target: "id of a", ...more };
  };
  const asked = (kind: Change["kind"], seq: number | undefined, more: Partial<Change>): Change => {
    const outcome = seq === undefined ? undefined : ({ kind: "acknowledged", at: 9, seq, id: "" } as const);
    return { conversationId, senderId: "ada", kind, target: "id of a", outcome, ...more };
  };
  const edit = { clientMsgId: "e", content: "better" };
  const like = { emoji: "x", op: "add" } as const;
  const both = [entry(1, "a"), entry(2, "b")];

  test("which are there where they were acknowledged are as they should be, whatever was not answered", () => {
    const log = everywhere(...both, changed(3, "edit", edit), changed(4, "reaction", like), changed(5, "delete", {}));
    const changes = [asked("edit", 3, edit), asked("reaction", undefined, like), asked("delete", 5, {})];
    expect(verdicts({ ...log, changes })).toEqual([]);
  });

  test("a deleted message, and an edit of it, may be empty for some and not for others", () => {
    const emptied = [entry(1, "a", { content: "" }), entry(2, "b"), changed(3, "edit", { ...edit, content: "" })];
    const whole = [...both, changed(3, "edit", edit)];
    const gone = changed(4, "delete", {});
    const logs = [copy("g1", ...emptied, gone), copy("g2", ...emptied, gone)];
    const copies = [copy("phone", ...whole, gone), copy("laptop", ...emptied, gone)];
    expect(verdicts({ logs, copies, changes: [asked("edit", 3, edit), asked("delete", 4, {})] })).toEqual([]);
  });

  test("acknowledged and not there: lost; elsewhere: reordered", () => {
    expect(verdicts({ changes: [asked("delete", 3, {})] })).toEqual([["lost", "delete of id of a"]]);
    const log = everywhere(...both, changed(3, "edit", edit));
    expect(verdicts({ ...log, changes: [asked("edit", 2, edit)] })).toEqual([["reordered", "edit of id of a"]]);
  });

  test("asked for by nobody: phantom", () => {
    expect(verdicts(everywhere(...both, changed(3, "reaction", like)))).toEqual([["phantom", "seq 3"]]);
    const log = everywhere(...both, changed(3, "edit", { ...edit, content: "worse" }));
    expect(verdicts({ ...log, changes: [asked("edit", undefined, edit)] })).toEqual([["phantom", "seq 3"]]);
  });

  test("twice what changes nothing the second time: repeated", () => {
    const unlike = { ...like, op: "remove" } as const;
    const log = everywhere(
      ...both,
      ...[changed(3, "reaction", like), changed(4, "reaction", unlike), changed(5, "reaction", like)],
      ...[changed(6, "reaction", like), changed(7, "edit", edit), changed(8, "edit", edit)],
    );
    const changes = [asked("reaction", 3, like), asked("reaction", 4, unlike), asked("edit", 7, edit)];
    expect(verdicts({ ...log, changes })).toEqual([
      ["repeated", "seq 6"],
      ["repeated", "seq 8"],
    ]);
  });
});

describe("who comes and goes", () => {
  const step = (seq: number, op: string, userId: string): LoggedEntry => {
    return { seq, id: `id of ${seq}`, kind: "member", senderId: "bob", op, userIds: [userId] };
  };
  const log = [
    step(1, "create", "bob"),
    step(2, "add", "ada"),
    entry(3, "a"),
    step(4, "remove", "ada"),
    entry(5, "b", { senderId: "bob" }),
    step(6, "add", "ada"),
  ];
  const deletion: LoggedEntry = { seq: 5, id: "id of 5", kind: "delete", senderId: "bob", target: "id of a" };
  const logs = [copy("g1", ...log), copy("g2", ...log)];
  const moved = (op: Move["op"], done = true): Move => ({ conversationId, userId: "ada", op, done });
  const all = {
    logs,
    sends: [sent("a", 3, 1), sent("b", 5, 2, { senderId: "bob" })],
    moves: [moved("add"), moved("remove"), moved("add", false)],
    copies: ["phone", "laptop"].map((holder) => copy(holder, ...log.filter(({ seq }) => seq !== 1 && seq !== 5))),
  };

  test("gets what was said while it was there, its coming and going with it, and no more", () => {
    expect(verdicts(all)).toEqual([]);
  });

  test("finds empty what was deleted while it was gone, and without the deletion", () => {
    const emptied = log.map((item) => (item.seq === 3 ? entry(3, "a", { content: "" }) : item.seq === 5 ? deletion : item));
    const seen = emptied
      .filter(({ seq }) => seq !== 1 && seq !== 5)
      .map((item) => ({ ...item, content: item.content || undefined }));
    const changes = [{ conversationId, senderId: "bob", kind: "delete" as const, target: "id of a" }];
    const copies = ["phone", "laptop"].map((holder) => copy(holder, ...seen));
    const deleted = { ...all, logs: [copy("g1", ...emptied)], sends: [sent("a", 3, 1)], copies, changes };
    expect(verdicts(deleted)).toEqual([]);
    const other = copy("phone", ...seen.map((item) => (item.seq === 6 ? { ...item, content: "else" } : item)));
    expect(verdicts({ ...deleted, copies: [other, copies[1] as Copy] })).toHaveLength(1);
  });

  test("may be refused what it says when it is gone, and nobody else", () => {
    const refused = sent("x", 9, 9, { outcome: { kind: "refused", at: 9.5, code: "FORBIDDEN" } });
    expect(judge(history({ ...all, sends: [...all.sends, refused] }))).toMatchObject({ violations: [], refused: 0 });
    const bobs = { ...refused, senderId: "bob" };
    expect(judge(history({ ...all, sends: [...all.sends, bobs] }))).toMatchObject({ violations: [], refused: 1 });
  });

  test("and is sent what was said meanwhile: leaked", () => {
    const arrivals = [{ device: "phone", gateway: "g1", entries: [{ conversationId, seq: 5, id: "id of b" }] }];
    expect(verdicts({ ...all, arrivals })).toEqual([["leaked", "seq 5"]]);
  });

  test("and has it in the end: phantom; has not what was said before: lost", () => {
    const [, laptop] = all.copies as [Copy, Copy];
    const withMore = copy("phone", ...log.filter(({ seq }) => seq !== 1));
    expect(verdicts({ ...all, copies: [withMore, laptop] })).toEqual([["phantom", "b"]]);
    const withLess = copy("phone", ...laptop.entries.filter(({ seq }) => seq !== 3));
    expect(verdicts({ ...all, copies: [withLess, laptop] })).toEqual([["lost", "a"]]);
  });

  test("more often than in the log: lost; less often: phantom", () => {
    expect(verdicts({ ...all, moves: [...all.moves, moved("add"), moved("add")] })).toEqual([["lost", "add ada"]]);
    expect(verdicts({ ...all, moves: [moved("add"), moved("remove")] })).toEqual([["phantom", "add ada"]]);
  });
});

test("read, and a while later not as far for some node: backwards", () => {
  const said = (readSeq: number) => ({ conversationId, userId: "ada", seq: 2, said: [{ holder: "g1", readSeq }] });
  expect(verdicts({ reads: [said(2)] })).toEqual([]);
  expect(verdicts({ reads: [said(1)] })).toEqual([["backwards", "reading of ada"]]);
});
