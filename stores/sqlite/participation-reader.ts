import type { DatabaseSync } from "node:sqlite";
import type { CursorStep, NumberedChange, ParticipantSettings, UserCursor } from "../participation.ts";
import type { SettingsRow } from "./commands.ts";
import { participationQueries as sql } from "./participation-queries.ts";
import { prepare } from "./statement.ts";

interface CursorColumns {
  id: string;
  user: string;
  delivered_seq: number | null;
  read_seq: number | null;
  read_n: number | null;
  delivered_steps: string | null;
  read_steps: string | null;
}

const statements = (db: DatabaseSync) => ({
  cursorsOf: prepare<CursorColumns>(db, sql.cursorsOf),
  cursorsFor: prepare<CursorColumns & { conv: number }>(db, sql.cursorsFor),
  cursorIn: prepare<CursorColumns & { conv: number }>(db, sql.cursorIn),
  others: prepare<{ delivered_seq: number | null; read_seq: number | null }>(db, sql.others),
  lowestDelivered: prepare<{ seq: number | null }>(db, sql.lowestDelivered),
  lowestDevice: prepare<{ seq: number | null }>(db, sql.lowestDevice),
  deviceCursors: prepare<{ id: string; seq: number }>(db, sql.deviceCursors),
  settings: prepare<SettingsRow & { id: string }>(db, sql.settings),
  hiddenIn: prepare<{ seq: number }>(db, sql.hiddenIn),
  hidesAnything: prepare<{ yes: 1 }>(db, sql.hidesAnything),
  hiddenAbove: prepare<{ count: number }>(db, sql.hiddenAbove),
  changes: prepare<{ change_seq: number; change: string }>(db, sql.changes),
  lastChange: prepare<{ change_seq: number | null }>(db, sql.lastChange),
});

/** The reads of the participation store, on a connection that sees committed data only. */
export class ParticipationReader {
  readonly #sql: ReturnType<typeof statements>;

  constructor(db: DatabaseSync) {
    this.#sql = statements(db);
  }

  cursorsOf(conversationId: string): UserCursor[] {
    return this.#sql.cursorsOf.all(conversationId).map(decodeCursor);
  }

  cursorsFor(
    userId: string,
    conversationIds?: string[],
  ): { mine: UserCursor; others: { deliveredSeq: number; readSeq: number } }[] {
    const rows = conversationIds
      ? conversationIds.flatMap((id) => this.#sql.cursorIn.all(userId, id))
      : this.#sql.cursorsFor.all(userId);
    return rows.map((row) => {
      const lowest = this.#sql.others.get(row.conv, userId);
      return {
        mine: decodeCursor(row),
        others: { deliveredSeq: lowest?.delivered_seq ?? 0, readSeq: lowest?.read_seq ?? 0 },
      };
    });
  }

  lowestCursor(conversationId: string): number | undefined {
    const lowest = [this.#sql.lowestDelivered, this.#sql.lowestDevice].flatMap((one) => one.get(conversationId)?.seq ?? []);
    return lowest.length > 0 ? Math.min(...lowest) : undefined;
  }

  deviceCursors(deviceId: string): Map<string, number> {
    return new Map(this.#sql.deviceCursors.all(deviceId).map(({ id, seq }) => [id, seq]));
  }

  settings(userId: string): Map<string, ParticipantSettings> {
    return new Map(this.#sql.settings.all(userId).map((row) => [row.id, decodeSettings(row)]));
  }

  hiddenIn(userId: string, conversationId: string, after: number, through: number): number[] {
    return this.#sql.hiddenIn.all(userId, conversationId, after, through).map(({ seq }) => seq);
  }

  hiddenAbove(userId: string, cursors: { conversationId: string; after: number }[]): Map<string, number> {
    const counts = new Map<string, number>();
    if (!this.#sql.hidesAnything.get(userId)) return counts;
    for (const { conversationId, after } of cursors) {
      const count = this.#sql.hiddenAbove.get(userId, conversationId, after)?.count ?? 0;
      if (count > 0) counts.set(conversationId, count);
    }
    return counts;
  }

  changes(userId: string, after: number, limit: number): NumberedChange[] {
    return this.#sql.changes.all(userId, after, limit).map(({ change_seq, change }) => ({
      changeSeq: change_seq,
      change: JSON.parse(change) as NumberedChange["change"],
    }));
  }

  lastChange(userId: string): number {
    return this.#sql.lastChange.get(userId)?.change_seq ?? 0;
  }
}

export function decodeSettings(row: SettingsRow): ParticipantSettings {
  return {
    muted: row.muted === 1,
    pinned: row.pinned === 1,
    archived: row.archived === 1,
    ...(row.draft !== null && { draft: row.draft }),
  };
}

function decodeCursor(row: CursorColumns): UserCursor {
  const deliveredSteps = decodeSteps(row.delivered_steps);
  return {
    conversationId: row.id,
    userId: row.user,
    deliveredSeq: row.delivered_seq ?? 0,
    readSeq: row.read_seq ?? 0,
    readN: row.read_n ?? 0,
    deliveredSteps,
    readSteps: row.read_steps === row.delivered_steps ? deliveredSteps : decodeSteps(row.read_steps),
  };
}

const decodeSteps = (steps: string | null) => (steps === null ? [] : (JSON.parse(steps) as CursorStep[]));
