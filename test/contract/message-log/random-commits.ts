import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EntryRange, MessageLog, StoredEntry } from "../../../stores/message-log.ts";
import { seqs, startConversation, type TestConversation } from "../test-conversation.ts";
import { keptOf } from "./append.ts";

/** A commit to try: where, how far off the seq it ought to have, and the clientMsgIds of its entries. */
const attempt = fc.record({
  conversation: fc.nat(2),
  off: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -2, max: 2 })),
  clientMsgIds: fc.array(fc.option(fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 4 }),
});
type Attempt = typeof attempt extends fc.Arbitrary<infer T> ? T : never;

const range = fc.record({
  after: fc.nat(12),
  through: fc.option(fc.nat(24), { nil: undefined }),
  limit: fc.integer({ min: 1, max: 9 }),
  descending: fc.boolean(),
});

export function randomCommitsContract(log: () => MessageLog): void {
  describe("random commits, many of which contradict each other", () => {
    test("leave every log gapless and unique, with just what was said to be stored, and readable as such", async () => {
      const rounds = fc.array(fc.array(attempt, { maxLength: 8 }), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(rounds, fc.array(range, { minLength: 3, maxLength: 3 }), async (tries, ranges) => {
          const conversations = await Promise.all([0, 1, 2].map(() => startConversation(log())));
          const models = conversations.map((): StoredEntry[] => []);
          for (const round of tries) await playRound(log(), conversations, models, round);
          for (const [i, c] of conversations.entries()) await expectModel(log(), c, models[i] ?? [], ranges);
        }),
        { numRuns: 60 },
      );
    });
  });
}

/** Tries all of a round at once; what is stored goes into the models. */
async function playRound(log: MessageLog, conversations: TestConversation[], models: StoredEntry[][], round: Attempt[]) {
  const before = models.map((model) => model.length);
  await Promise.all(
    round.map(async ({ conversation, off, clientMsgIds }) => {
      const [c, model] = [conversations[conversation], models[conversation]];
      if (!c || !model) return;
      const first = (before[conversation] ?? 0) + 1 + off;
      const entries = clientMsgIds.map((id, i) =>
        c.message({ seq: first + i, clientMsgId: id === null ? undefined : `${id}`, createdAt: c.at(1) }),
      );
      try {
        await log.append(c.commit(entries));
        model.push(...entries);
      } catch (error) {
        model.push(...entries.slice(0, keptOf(error)));
      }
    }),
  );
}

async function expectModel(log: MessageLog, c: TestConversation, model: StoredEntry[], ranges: EntryRange[]) {
  expect(seqs(model)).toEqual(model.map((_, i) => i + 1));
  const sent = model.flatMap(({ entry: { senderId, clientMsgId } }) => (clientMsgId ? [{ senderId, clientMsgId }] : []));
  expect(new Set(sent.map(({ clientMsgId }) => clientMsgId)).size).toBe(sent.length);

  expect(await log.entries(c.id, { after: 0, limit: 1000 })).toEqual(model.map(withoutUndefined));
  expect((await log.load(c.id))?.tail).toEqual(model.map(withoutUndefined));
  expect((await log.heads([c.id]))[0]?.lastSeq).toBe(model.length);
  expect(await log.findByClientMsgId(c.id, sent)).toHaveLength(sent.length);
  for (const range of ranges) expect(seqs(await log.entries(c.id, range))).toEqual(slice(seqs(model), range));
  for (const { entry } of model) expect(await log.locate(entry.id)).toEqual({ conversationId: c.id, seq: entry.seq });
}

function slice(all: number[], { after, through = Number.POSITIVE_INFINITY, limit, descending }: EntryRange): number[] {
  const within = all.filter((seq) => seq > after && seq <= through);
  return (descending ? within.reverse() : within).slice(0, limit);
}

const withoutUndefined = (stored: StoredEntry): StoredEntry => JSON.parse(JSON.stringify(stored));
