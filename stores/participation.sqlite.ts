import type { Clock } from "../contracts/clock.ts";
import type { ConversationPatch } from "../contracts/shapes.ts";
import { CursorsBehind } from "./participation/cursors-behind.ts";
import type {
  DeviceCursor,
  HiddenMessage,
  NumberedChange,
  ParticipantSettings,
  ParticipationStore,
  UserCursor,
} from "./participation.ts";
import { encodeCursors, weighCursors } from "./sqlite/cursor-codec.ts";
import type { MessageDatabase } from "./sqlite/message-database.ts";
import { decodeSettings, type ParticipationReader } from "./sqlite/participation-reader.ts";

/** The participation store in SQLite, in the same file and transactions as the log. */
export class SqliteParticipation implements ParticipationStore {
  readonly #database: MessageDatabase;
  readonly #cursors: CursorsBehind;

  constructor(database: MessageDatabase, clock: Clock) {
    this.#database = database;
    this.#cursors = new CursorsBehind(clock, async (cursors) => {
      for (const some of encodeCursors(cursors)) await database.write("cursors", some, weighCursors(some));
    });
  }

  advanceUsers(cursors: UserCursor[]): void {
    this.#cursors.advanceUsers(cursors);
  }

  advanceDevices(cursors: DeviceCursor[]): void {
    this.#cursors.advanceDevices(cursors);
  }

  flush(): Promise<void> {
    return this.#cursors.flush();
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
    await this.#cursors.forgetDevice(deviceId);
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

  close(): Promise<void> {
    return this.#cursors.close();
  }

  /** Cursors are read as `advance…` was given them, because they are written first. */
  async #readCursors<T>(run: (reader: ParticipationReader) => T): Promise<T> {
    await this.flush();
    return this.#database.read(({ participation }) => run(participation));
  }
}
