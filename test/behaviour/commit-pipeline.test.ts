import { expect, test } from "@jest/globals";
import type { Member } from "../../domain/conversation/state.ts";
import { CommitPipeline } from "../../services/conversations/commit-pipeline.ts";
import { Turn } from "../../services/conversations/turn.ts";
import type { Commit, MessageLog, StoredEntry } from "../../stores/message-log.ts";

const said = (seq: number): StoredEntry => ({
  entry: {
    conversationId: "c",
    id: `${seq}`,
    seq,
    n: seq,
    senderId: "ann",
    createdAt: "2026-01-01T00:00:00.000Z",
    kind: "message",
    type: "text",
    content: `${seq}`,
  },
});

/** A turn that has decided to add an entry, and to write these members beside it. */
function turn(seq: number, members: Member[] = []): Turn<void> {
  const ignore = () => {};
  const decided = new Turn<void>(`${seq}`, { decide: () => ({ answer: undefined }), answer: ignore }, ignore, ignore);
  decided.write = { kept: said(seq), members, views: [] };
  return decided;
}

const bob = (to?: number): Member => ({
  conversationId: "c",
  userId: "bob",
  role: "member",
  intervals: [{ from: 1, ...(to !== undefined && { to }) }],
  joinedAt: "2026-01-01T00:00:00.000Z",
  asOf: to ?? 1,
});

/** The entries of each commit. */
async function committed(turns: Turn<void>[]): Promise<number[][]> {
  const commits: Commit[] = [];
  const pipeline = new CommitPipeline({
    conversationId: "c",
    log: { append: async (commit: Commit) => void commits.push(commit) } as unknown as MessageLog,
    mustBeNewest: async () => {},
    onCommitted: () => {},
    onFailed: (_, __, error) => {
      throw error;
    },
    metrics: { committed: () => {} },
  });
  pipeline.push(turns);
  await pipeline.drained();
  return commits.map(({ entries }) => entries.map(({ entry }) => entry.seq));
}

test("turns that come together share a commit", async () => {
  expect(await committed([turn(1), turn(2, [bob()]), turn(3)])).toEqual([[1, 2, 3]]);
});

test("nothing is kept behind a departure before the store has it who went", async () => {
  expect(await committed([turn(1), turn(2, [bob(2)]), turn(3), turn(4)])).toEqual([
    [1, 2],
    [3, 4],
  ]);
});
