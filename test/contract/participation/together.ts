import { describe, expect, test } from "@jest/globals";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { ParticipationStore, UserCursor } from "../../../stores/participation.ts";
import { startConversation } from "../test-conversation.ts";

const USERS = Array.from({ length: 24 }, (_, i) => `user-${i}`);

/** Reads that are under way at once: an adapter may let them share what it does, and nobody must notice. */
export function manyReads(store: () => MessageStore): void {
  describe("many reads at once", () => {
    test.each([2, 90])("give what each gives alone, where some users have %i changes", async (changes) => {
      const { participation, log } = store();
      const all = (await startConversation(log, { members: USERS })).id;
      const begin = (user: string) => startConversation(log, { members: [user, "bob"] });
      const own = (await Promise.all(USERS.map(begin))).map(({ id }) => id);
      participation.advanceUsers(USERS.flatMap((user, i) => [cursor(user, all, i), cursor("bob", own[i] ?? "", i)]));
      await Promise.all(USERS.map((user, i) => live(participation, user, i, changes)));
      await participation.flush();
      const reads = USERS.flatMap((user, i) => [
        () => participation.deviceCursors(`phone of ${user}`),
        () => participation.hiddenIn(user, "c", 0, 9),
        () => participation.hiddenIn(user, `of ${i}`, 1, i),
        () =>
          participation.hiddenAbove(user, [
            { conversationId: "c", after: i },
            { conversationId: `of ${i}`, after: 1 },
          ]),
        () => participation.settings(user),
        () => inOrder(participation.cursorsFor(user)),
        () => inOrder(participation.cursorsFor(user, [all, own[i] ?? "", "nowhere"])),
        () => inOrder(participation.cursorsFor(user, [own[i] ?? ""])),
        () => participation.changes(user, 0, 500),
        () => participation.changes(user, 1, 2),
        () => participation.changes(user, changes, 500),
      ]);
      const alone: unknown[] = [];
      for (const read of reads) alone.push(await read());
      expect(await Promise.all(reads.map((read) => read()))).toEqual(alone);
      const twice = [...reads.toReversed(), ...reads];
      expect(await Promise.all(twice.map((read) => read()))).toEqual([...alone.toReversed(), ...alone]);
    });
  });
}

const cursor = (userId: string, conversationId: string, i: number): UserCursor => ({
  ...{ conversationId, userId, deliveredSeq: i + 5, readSeq: i, readN: i },
  ...{ deliveredSteps: [], readSteps: [] },
});

/** They are in no order. */
const inOrder = async (cursors: ReturnType<ParticipationStore["cursorsFor"]>) =>
  (await cursors).sort((a, b) => (a.mine.conversationId < b.mine.conversationId ? -1 : 1));

/** Every third has moved a cursor, every other has hidden and set something, every fourth has changes. */
async function live(participation: ParticipationStore, user: string, i: number, changes: number): Promise<void> {
  const deviceId = `phone of ${user}`;
  if (i % 3 === 0) {
    const conversationIds = ["c", `of ${i}`];
    participation.advanceDevices(conversationIds.map((conversationId) => ({ deviceId, conversationId, seq: i })));
  }
  if (i % 2 === 0) {
    const places = [
      { conversationId: "c", seq: 3 },
      { conversationId: "c", seq: 12 },
      { conversationId: `of ${i}`, seq: 2 },
      { conversationId: `of ${i}`, seq: 5 },
    ];
    await Promise.all(places.map((place) => participation.hide(user, place)));
    await participation.setSettings(user, `of ${i}`, { muted: true });
  }
  const own = i % 4 === 0 ? changes : i % 3;
  const record = (_: unknown, n: number) => participation.record(user, { op: "conversation", conversationId: `${n}` });
  await Promise.all(Array.from({ length: own }, record));
}
