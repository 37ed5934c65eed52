import type { Document } from "mongodb";
import type { Intercept } from "./mongo-proxy.ts";

/** How long what comes late takes; longer than a store in these tests waits. */
const LATE_MS = 2000;

/** What a replica set may do to an insert of entries. */
export const insertFaults = {
  /** An election: the command came to a server that is primary no more. */
  notWritablePrimary: async () => notPrimary,
  /** It is done here, and most servers have not said that they have it. */
  writeConcernError: async (command, forward) => ({ ...(await forward(command)), writeConcernError: timedOut }),
  /** It was done on a primary that was deposed, and is gone with it. */
  rolledBack: async ({ documents }: Document) => ({ ok: 1, n: documents.length, writeConcernError: steppedDown }),
  /** The connection breaks on the way to the server, */
  lostBefore: async () => null,
  /** or on the way back. */
  lostAfter: async (command, forward) => {
    await forward(command);
    return null;
  },
  /** The connection breaks, and the server gets to it all the same, some time later. */
  lateAfterAll: async (command, forward) => {
    setTimeout(() => void forward(command), LATE_MS / 4);
    await later(LATE_MS / 8);
    return null;
  },
  /** The answer comes after nobody waits for it any more. */
  slow: async (command, forward) => {
    const answer = await forward(command);
    await later(LATE_MS);
    return answer;
  },
  /** A first part of it is done, and the primary steps down. */
  partial: async (command, forward) => {
    const part = command.documents.slice(0, Math.floor(command.documents.length / 2));
    if (part.length > 0) await forward({ ...command, documents: part });
    return { ok: 1, n: part.length, writeErrors: [{ index: part.length, code: 11602, errmsg: "interrupted" }] };
  },
  /** As `partial`, and the answer is lost. */
  partialLost: async (command, forward) => {
    const part = command.documents.slice(0, Math.floor(command.documents.length / 2));
    if (part.length > 0) await forward({ ...command, documents: part });
    return null;
  },
} satisfies Record<string, Intercept>;
export type InsertFault = keyof typeof insertFaults;

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const notPrimary = { ok: 0, code: 10107, codeName: "NotWritablePrimary", errmsg: "not primary" };
const timedOut = { code: 64, codeName: "WriteConcernFailed", errmsg: "waiting for replication timed out" };
const steppedDown = { code: 189, codeName: "PrimarySteppedDown", errmsg: "Primary stepped down while waiting for replication" };

export const isEntryInsert = (command: Document): boolean => command.insert === "entries";

/** Does this to inserts of entries, as often as `draw` says so; to nothing else. */
export function befalling(draw: () => InsertFault | undefined): Intercept {
  return (command, forward) => {
    const fault = isEntryInsert(command) ? draw() : undefined;
    const intercept: Intercept | undefined = fault && insertFaults[fault];
    return intercept ? intercept(command, forward) : forward(command);
  };
}
