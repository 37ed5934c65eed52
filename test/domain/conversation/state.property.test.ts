import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { LoggedEntry } from "../../../contracts/entry.ts";
import { ChatError } from "../../../contracts/errors.ts";
import { decideChange } from "../../../domain/conversation/change.ts";
import type { Decision } from "../../../domain/conversation/decision.ts";
import { decideCreateGroup, decideUpdate } from "../../../domain/conversation/group.ts";
import { decideMembership } from "../../../domain/conversation/membership.ts";
import { decideSend } from "../../../domain/conversation/send.ts";
import { ConversationState, isPresent } from "../../../domain/conversation/state.ts";

const people = ["ann", "bob", "cid", "dan"];
const person = fc.constantFrom(...people);
const nth = fc.nat({ max: 8 });
const emoji = fc.constantFrom("👍", "🎉");
const content = fc.constantFrom("a", "b", "c");

const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const), by: person, content, key: fc.nat({ max: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("edit" as const), by: person, nth, content }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("react" as const), by: person, nth, emoji, remove: fc.boolean() }) },
  fc.record({ do: fc.constant("pin" as const), by: person, nth, remove: fc.boolean() }),
  fc.record({ do: fc.constant("delete" as const), by: person, nth }),
  fc.record({ do: fc.constant("add" as const), by: person, userIds: fc.subarray(people, { minLength: 1 }) }),
  fc.record({ do: fc.constant("remove" as const), by: person, userId: person }),
  fc.record({ do: fc.constant("leave" as const), by: person }),
  fc.record({ do: fc.constant("role" as const), by: person, userId: person, role: fc.constantFrom("owner", "admin", "member") }),
  fc.record({ do: fc.constant("rename" as const), by: person, content }),
);
type Asked = typeof command extends fc.Arbitrary<infer T> ? T : never;

const groupId = "g";
const maxMembers = 4;

function decide(state: ConversationState, asked: Asked, id: string, messages: string[]): Decision<unknown> {
  const moment = { id, now: state.lastAt };
  const { by } = asked;
  const target = "nth" in asked ? (messages[asked.nth % Math.max(1, messages.length)] ?? "none") : "none";
  const change = (what: Parameters<typeof decideChange>[1]["change"]) =>
    decideChange(state, { userId: by, messageId: target, change: what }, moment);
  const membership = (what: Parameters<typeof decideMembership>[1]["change"]) =>
    decideMembership(state, { userId: by, change: what, maxMembers }, moment);
  switch (asked.do) {
    case "send": {
      const message = { clientMsgId: `k${asked.key}`, type: "text", content: asked.content } as const;
      return decideSend(state, { conversationId: groupId, senderId: by, message }, moment);
    }
    case "edit":
      return change({ op: "edit", content: asked.content });
    case "react":
      return change({ op: "react", emoji: asked.emoji, remove: asked.remove });
    case "pin":
      return change({ op: "pin", remove: asked.remove });
    case "delete":
      return change({ op: "delete" });
    case "add":
      return membership({ op: "add", userIds: asked.userIds });
    case "remove":
      return membership({ op: "remove", userId: asked.userId });
    case "leave":
      return membership({ op: "leave" });
    case "role":
      return membership({ op: "role", userId: asked.userId, role: asked.role });
    case "rename":
      return decideUpdate(state, { userId: by, changes: { name: asked.content }, maxMembers }, moment);
  }
}

function newGroup(): { state: ConversationState; log: LoggedEntry[] } {
  const draft = { conversationId: groupId, creatorId: "ann", settings: { name: "Us" }, memberIds: ["bob"], maxMembers };
  const decision = decideCreateGroup(null, draft, { id: "e0", now: "2026-01-01T00:00:00.000Z" });
  if (!("entry" in decision) || !decision.founded) throw new Error("no group was founded");
  decision.founded.apply({ entry: decision.entry });
  return { state: decision.founded, log: [decision.entry] };
}

/** What of a state outlives it in rows, and what those who decide look at. */
function image(state: ConversationState, messages: string[]) {
  const { settings, lastSeq, lastN, lastAt, version, ownerId } = state;
  const known = messages.map((id) => state.messages.get(id)).map((message) => message && { ...message, hiddenFor: undefined });
  return {
    settings,
    lastSeq,
    lastN,
    lastAt,
    version,
    ownerId,
    known,
    present: [...state.present].sort(),
    members: state.members,
  };
}

function checkInvariants(state: ConversationState): void {
  const owners = [...state.members.values()].filter((member) => member.role === "owner");
  expect(owners.filter(isPresent)).toHaveLength(1);
  for (const { intervals } of state.members.values()) {
    expect(intervals.slice(0, -1).every(({ from, to }) => to !== undefined && from <= to)).toBe(true);
  }
  expect(state.present.length).toBeLessThanOrEqual(maxMembers);
}

interface Grown {
  state: ConversationState;
  log: LoggedEntry[];
  /** Ids, in order. */
  messages: string[];
}

/** Leads a new group along; `onStep` looks at it before each command. */
function grow(commands: Asked[], onStep: (step: number, grown: Grown) => void = () => {}): Grown {
  const grown: Grown = { ...newGroup(), messages: [] };
  for (const [step, asked] of commands.entries()) {
    onStep(step, grown);
    const entry = entryOf(grown, asked, `e${step + 1}`);
    if (!entry) continue;
    expect(entry.seq).toBe(grown.log.length + 1);
    grown.state.apply({ entry });
    grown.log.push(entry);
    if (entry.kind === "message") grown.messages.push(entry.id);
    checkInvariants(grown.state);
  }
  return grown;
}

/** What the command appends, if it is let to; deciding it twice comes to the same. */
function entryOf({ state, messages }: Grown, asked: Asked, id: string): LoggedEntry | undefined {
  try {
    const decision = decide(state, asked, id, messages);
    expect(decide(state, asked, id, messages)).toEqual(decision);
    return "entry" in decision ? decision.entry : undefined;
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
  }
}

/** All that is needed to take the state up again. */
function rowsOf({ state, messages, log }: Grown) {
  const known = messages.map((id) => [id, state.messages.get(id) ?? null] as const);
  return { snapshot: state.snapshot(), members: [...state.members.values()], known, length: log.length };
}

test("a state is the same whether it was led along or taken up from a snapshot and the entries above", () =>
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), fc.nat({ max: 60 }), (commands, cut) => {
      let rows: ReturnType<typeof rowsOf> | undefined;
      const grown = grow(commands, (step, now) => {
        if (step === cut) rows = rowsOf(now);
      });
      if (!rows) return;
      const again = new ConversationState(rows.snapshot, rows.members);
      for (const [id, message] of rows.known) again.messages.set(id, message);
      for (const entry of grown.log.slice(rows.length)) again.apply({ entry });
      expect(image(again, grown.messages)).toEqual(image(grown.state, grown.messages));
    }),
    { numRuns: 300 },
  ));

test("entries that the rows have already are taken in without a change to them", () =>
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const start = newGroup().state.snapshot();
      const { state, log } = grow(commands);
      const again = new ConversationState(start, [...state.members.values()]);
      const derived = log.slice(1).map((entry) => again.apply({ entry }));
      expect(derived.flatMap(({ members }) => members)).toEqual([]);
      expect(again.members).toEqual(state.members);
    }),
    { numRuns: 100 },
  ));
