import type { Clock, Timer } from "../contracts/clock.ts";
import type { ConversationPatch } from "../contracts/shapes.ts";
import type {
  DeviceCursor,
  HiddenMessage,
  NumberedChange,
  ParticipantSettings,
  ParticipationStore,
  UserCursor,
} from "./participation.ts";
import type { MessageDatabase } from "./sqlite/message-database.ts";
import { decodeSettings, type ParticipationReader } from "./sqlite/participation-reader.ts";
import { PendingCursors } from "./sqlite/pending-cursors.ts";

/** Cursors are written at the latest so long after they moved, */
const WRITE_BEHIND_MS = 250;
/** or when so many wait. */
const WRITE_AT = 5000;
/** While the store does not take them no more than so many are kept; losing some only delivers again. */
const KEEP = 100_000;

/** The participation store in SQLite, in the same file and transactions as the log. */
export class SqliteParticipation implements ParticipationStore {
  readonly #database: MessageDatabase;
  readonly #clock: Clock;
  #pending = new PendingCursors();
  #writing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #closed = false;

  constructor(database: MessageDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  advanceUsers(cursors: UserCursor[]): void {
    if (this.#pending.size >= KEEP) return;
    for (const cursor of cursors) this.#pending.advanceUser(cursor);
    this.#writeSoon();
  }

  advanceDevices(cursors: DeviceCursor[]): void {
    if (this.#pending.size >= KEEP) return;
    for (const cursor of cursors) this.#pending.advanceDevice(cursor);
    this.#writeSoon();
  }

  /** Writes happen in the order they are asked for, so the last one answers for all before it. */
  flush(): Promise<void> {
    if (this.#pending.size > 0) this.#writing = this.#write();
    return this.#writing;
  }

  cursorsOf(conversationId: string): Promise<UserCursor[]> {
    return this.#readCursors((reader) => reader.cursorsOf(conversationId));
  }

  cursorsFor(
    userId: string,
    conversationIds?: string[],
  ): Promise<{ mine: UserCursor; others: { deliveredSeq: number; readSeq: number } }[]> {
    return this.#readCursors((reader) => reader.cursorsFor(userId, conversationIds));
  }

  deviceCursors(deviceId: string): Promise<Map<string, number>> {
    return this.#readCursors((reader) => reader.deviceCursors(deviceId));
  }

  lowestCursor(conversationId: string): Promise<number | undefined> {
    return this.#readCursors((reader) => reader.lowestCursor(conversationId));
  }

  async forgetDevice(deviceId: string): Promise<void> {
    this.#pending.forgetDevice(deviceId);
    await this.#database.write("forgetDevice", { deviceId });
  }

  async settings(userId: string): Promise<Map<string, ParticipantSettings>> {
    return this.#database.read(({ participation }) => participation.settings(userId));
  }

  async setSettings(userId: string, conversationId: string, patch: ConversationPatch): Promise<ParticipantSettings> {
    const flag = (value: boolean | undefined) => (value === undefined ? null : Number(value));
    const { muted, pinned, archived, draft = null } = patch;
    const values = { muted: flag(muted), pinned: flag(pinned), archived: flag(archived), draft };
    return decodeSettings(await this.#database.write("settings", { userId, conversationId, patch: values }));
  }

  hide(userId: string, { conversationId, seq }: HiddenMessage): Promise<boolean> {
    return this.#database.write("hide", { userId, conversationId, seq });
  }

  async hiddenIn(userId: string, conversationId: string, after: number, through: number): Promise<number[]> {
    return this.#database.read(({ participation }) => participation.hiddenIn(userId, conversationId, after, through));
  }

  async hiddenAbove(userId: string, cursors: { conversationId: string; after: number }[]): Promise<Map<string, number>> {
    return this.#database.read(({ participation }) => participation.hiddenAbove(userId, cursors));
  }

  record(userId: string, change: NumberedChange["change"]): Promise<number> {
    return this.#database.write("record", { userId, change: JSON.stringify(change) });
  }

  async changes(userId: string, after: number, limit: number): Promise<NumberedChange[]> {
    return this.#database.read(({ participation }) => participation.changes(userId, after, limit));
  }

  async lastChange(userId: string): Promise<number> {
    return this.#database.read(({ participation }) => participation.lastChange(userId));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.flush();
  }

  /** Cursors are read as `advance…` was given them, because they are written first. */
  async #readCursors<T>(run: (reader: ParticipationReader) => T): Promise<T> {
    await this.flush();
    return this.#database.read(({ participation }) => run(participation));
  }

  #writeSoon(): void {
    if (this.#pending.size >= WRITE_AT) this.flush().catch(() => {});
    if (this.#closed || this.#timer || this.#pending.size === 0) return;
    this.#timer = this.#clock.after(WRITE_BEHIND_MS, () => {
      this.#timer = undefined;
      this.flush().catch(() => {});
    });
  }

  /** What could not be written is pending again. */
  async #write(): Promise<void> {
    const taken = this.#pending;
    this.#pending = new PendingCursors();
    try {
      await this.#database.write("cursors", taken.encode(), taken.size * 256);
    } catch (error) {
      if (this.#pending.size < KEEP) this.#pending.merge(taken);
      this.#writeSoon();
      throw error;
    }
  }
}
