import { describe, expect, test } from "@jest/globals";
import type { MessageLog, StoredEntry } from "../../../stores/message-log.ts";
import { startConversation, type TestConversation } from "../test-conversation.ts";

const USERS = Array.from({ length: 60 }, (_, i) => `user-${i}`);

/** Reads that are under way at once: an adapter may let them share what it does, and nobody must notice. */
export function togetherContract(log: () => MessageLog): void {
  describe("many reads at once", () => {
    test("give what each gives alone, whoever asks and however often", async () => {
      const conversations = await town(log());
      const reads = [
        ...ofUsers(log()),
        ...conversations.flatMap((c) => ofConversation(log(), c)),
        () => log().members("nowhere"),
      ];
      const alone: unknown[] = [];
      for (const read of reads) alone.push(await read());
      expect(await Promise.all(reads.map((read) => read()))).toEqual(alone);
      const twice = [...reads.toReversed(), ...reads];
      expect(await Promise.all(twice.map((read) => read()))).toEqual([...alone.toReversed(), ...alone]);
    });

    test("see each what was committed before it was asked", async () => {
      const all = await Promise.all(USERS.map((user) => startConversation(log(), { messages: 1, members: [user] })));
      const read = async (c: TestConversation, i: number) => {
        await log().append(c.commit([c.message()]));
        const [[membership], kept] = await Promise.all([
          log().memberships(USERS[i] ?? ""),
          log().entries(c.id, { after: 1, through: 2, limit: 9 }),
        ]);
        return [membership?.lastSeq, kept.length];
      };
      expect(await Promise.all(all.map(read))).toEqual(all.map(() => [2, 1]));
    });
  });
}

/** Groups of two to five, some of them long, one without entries, one whose beginning is gone, one that somebody left; and a crowd. */
async function town(log: MessageLog): Promise<TestConversation[]> {
  const group = (i: number) => USERS.filter((_, user) => user % 12 === i || (user * 7) % 30 === i).slice(0, 5);
  const begin = (i: number) => startConversation(log, { messages: i === 3 ? 450 : i, members: group(i) });
  const all = await Promise.all(Array.from({ length: 12 }, (_, i) => begin(i)));
  all.push(await startConversation(log, { members: Array.from({ length: 600 }, (_, i) => `one-of-many-${i}`) }));
  const [, , , long, left] = all as [TestConversation, ...TestConversation[]];
  if (!long || !left) throw new Error("there are twelve");
  const kept = (await log.entries(long.id, { after: 99, limit: 1 })) as [StoredEntry];
  await log.append(long.commit([], { record: long.snapshotAt(kept[0], { floorSeq: 100 }) }));
  await log.prune(long.id, 1000);
  const views = all.flatMap((c, i) => (i % 2 && c.seq > 2 ? [c.view(2, { asOf: i + 1, reactions: { ok: ["bob"] } })] : []));
  for (const view of views) await log.append({ conversationId: view.conversationId, entries: [], views: [view] });
  const leave = left.entry({ kind: "member", op: "leave", userIds: [USERS[4] ?? ""] });
  const member = left.member(USERS[4] ?? "", { intervals: [{ from: 1, to: leave.entry.seq }], asOf: leave.entry.seq });
  await log.append(left.commit([leave, left.message()], { members: [member] }));
  for (const c of all) {
    const mentions = [["user-3", "user-4"], "all" as const, ["user-5"]];
    const said = mentions.map((one, i) => c.message({ mentions: one, senderId: USERS[i + 4] }));
    await log.append(c.commit(said));
  }
  return all;
}

const ofUsers = (log: MessageLog) =>
  [...USERS, "nobody"].flatMap((user) => [() => sorted(log.memberships(user)), () => log.latest(user, 3)]);

function ofConversation(log: MessageLog, { id, seq }: TestConversation): (() => Promise<unknown>)[] {
  const ranges: [after: number, through: number, limit: number][] = [
    [0, seq, 200],
    [0, seq, 3],
    [0, 5, 0],
    [2, 4, 9],
    [3, 9, 2],
    [90, 120, 200],
    [200, 390, 150],
    [4, 2, 9],
    [seq, seq + 5, 9],
  ];
  return [
    ...ranges.map(
      ([after, through, limit]) =>
        () =>
          log.entries(id, { after, through, limit }),
    ),
    () => log.entries(id, { after: seq - 1, through: seq, limit: 1, kind: "message", descending: true }),
    () => log.entries(id, { after: 2, through: 6, limit: 4, descending: true }),
    () => log.views(id, [seq, 1, 2]),
    () => log.views(id, [2, 99]),
    ...USERS.slice(3, 6).flatMap((user) => [
      () => log.countMentions(id, user, 0, seq),
      () => log.countMentions(id, user, seq - 2, seq),
    ]),
    () => log.rosters([]),
    () => log.heads([id, "nowhere"]),
    () => log.member(id, USERS[4] ?? ""),
    () => log.members(id),
  ];
}

/** They are in no order. */
const sorted = async (memberships: ReturnType<MessageLog["memberships"]>) =>
  (await memberships).sort((a, b) => (a.member.conversationId < b.member.conversationId ? -1 : 1));
