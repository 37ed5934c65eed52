import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Interval, MessageLog, Rank, RankedMembership } from "../../../stores/message-log.ts";
import { startConversation, type TestConversation } from "../test-conversation.ts";

const HOUR = 3_600_000;

/** After a pause bob says something in a conversation, or ann leaves it or comes back. */
const happening = fc.record({
  conversation: fc.nat(5),
  pause: fc.constantFrom(0, 1, 40_000, HOUR, 23 * HOUR, 24 * HOUR, 70 * HOUR),
  leavesOrComes: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
});

/** A conversation, and what it comes to for ann. */
interface Expected {
  conversation: TestConversation;
  intervals: Interval[];
  at: string;
}

export function latestContract(log: () => MessageLog): void {
  describe("a user's latest conversations", () => {
    test("are those where something last came that the user may see, whatever happened when, in pages of any size", async () => {
      let users = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(happening, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (story, size) => {
          const user = `ann-${++users}`;
          const all = await Promise.all(Array.from({ length: 6 }, () => begun(log(), user)));
          let now = Date.parse(all[0]?.at ?? "");
          for (const { conversation, pause, leavesOrComes } of story) {
            now += pause;
            await happens(log(), user, all[conversation] as Expected, new Date(now).toISOString(), leavesOrComes);
          }
          const found = await log().latest(user, 100);
          expect(found.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((a, b) => (a < b ? 1 : -1)));
          expect(new Map(found.map(places))).toEqual(new Map(all.map(({ conversation, at }) => [conversation.id, at])));
          expect(await inPages(log(), user, size)).toEqual(found);
        }),
        { numRuns: 40 },
      );
    });

    test("are the memberships themselves, and nobody else's", async () => {
      const c = await startConversation(log(), { messages: 2, members: ["ann", "bob"] });
      await startConversation(log(), { messages: 1, members: ["bob"] });
      expect(await log().latest("ann", 10)).toEqual([{ membership: await log().member(c.id, "ann"), at: c.at(2) }]);
      expect(await log().latest("nobody", 10)).toEqual([]);
    });
  });
}

async function begun(log: MessageLog, user: string): Promise<Expected> {
  const conversation = await startConversation(log, { messages: 1, members: [user, "bob"] });
  return { conversation, intervals: [{ from: 1 }], at: conversation.at(1) };
}

async function happens(log: MessageLog, user: string, expected: Expected, createdAt: string, leavesOrComes: boolean) {
  const { conversation } = expected;
  const last = expected.intervals.at(-1) as Interval;
  if (!leavesOrComes) {
    await log.append(conversation.commit([conversation.message({ createdAt })]));
    if (last.to === undefined) expected.at = createdAt;
    return;
  }
  const op = last.to === undefined ? "leave" : "join";
  const entry = conversation.entry({ kind: "member", op, userIds: [user] }, { createdAt });
  const { seq } = entry.entry;
  const closed = { ...last, to: seq };
  expected.intervals = op === "leave" ? [...expected.intervals.slice(0, -1), closed] : [...expected.intervals, { from: seq }];
  expected.at = createdAt;
  const member = conversation.member(user, { intervals: expected.intervals, asOf: seq });
  await log.append(conversation.commit([entry, conversation.message({ createdAt })], { members: [member] }));
}

const places = ({ membership, at }: RankedMembership) => [membership.member.conversationId, at] as const;

async function inPages(log: MessageLog, user: string, size: number): Promise<RankedMembership[]> {
  const all: RankedMembership[] = [];
  for (let before: Rank | undefined; ; ) {
    const page = await log.latest(user, size, before);
    all.push(...page);
    const last = page.at(-1);
    if (!last || page.length < size) return all;
    before = { at: last.at, conversationId: last.membership.member.conversationId };
  }
}
