import type { ConversationPatch } from "../contracts/shapes.ts";
import { Cursors } from "./mongo/cursors.ts";
import { HiddenMessages } from "./mongo/hidden-messages.ts";
import type { MongoDatabase } from "./mongo/mongo-database.ts";
import { Settings } from "./mongo/settings.ts";
import { UserChanges } from "./mongo/user-changes.ts";
import { CursorsBehind } from "./participation/cursors-behind.ts";
import type {
  DeviceCursor,
  HiddenMessage,
  NumberedChange,
  ParticipantSettings,
  ParticipationStore,
  UserCursor,
} from "./participation.ts";

/** The participation store in MongoDB, in the same database as the log. */
export class MongoParticipation implements ParticipationStore {
  readonly #database: MongoDatabase;
  readonly #behind: CursorsBehind;
  readonly #cursors: Cursors;
  readonly #settings: Settings;
  readonly #hidden: HiddenMessages;
  readonly #changes: UserChanges;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#cursors = new Cursors(database);
    this.#settings = new Settings(database);
    this.#hidden = new HiddenMessages(database);
    this.#changes = new UserChanges(database);
    this.#behind = new CursorsBehind(database.clock, (cursors) => this.#cursors.write(cursors));
  }

  advanceUsers(cursors: UserCursor[]): void {
    this.#behind.advanceUsers(cursors);
  }

  advanceDevices(cursors: DeviceCursor[]): void {
    this.#behind.advanceDevices(cursors);
  }

  flush(): Promise<void> {
    return this.#behind.flush();
  }

  cursorsOf(conversationId: string): Promise<UserCursor[]> {
    return this.#readCursors(() => this.#cursors.of(conversationId));
  }

  cursorsFor(
    userId: string,
    conversationIds?: string[],
  ): Promise<{ mine: UserCursor; others: { deliveredSeq: number; readSeq: number } }[]> {
    return this.#readCursors(() => this.#cursors.for(userId, conversationIds));
  }

  deviceCursors(deviceId: string): Promise<Map<string, number>> {
    return this.#readCursors(() => this.#cursors.ofDevice(deviceId));
  }

  lowestCursor(conversationId: string): Promise<number | undefined> {
    return this.#readCursors(() => this.#cursors.lowest(conversationId));
  }

  async forgetDevice(deviceId: string): Promise<void> {
    await this.#behind.forgetDevice(deviceId);
    await this.#database.call(() => this.#cursors.forgetDevice(deviceId));
  }

  settings(userId: string): Promise<Map<string, ParticipantSettings>> {
    return this.#database.call(() => this.#settings.of(userId));
  }

  setSettings(userId: string, conversationId: string, patch: ConversationPatch): Promise<ParticipantSettings> {
    return this.#database.call(() => this.#settings.set(userId, conversationId, patch));
  }

  hide(userId: string, message: HiddenMessage): Promise<boolean> {
    return this.#database.call(() => this.#hidden.hide(userId, message));
  }

  hiddenIn(userId: string, conversationId: string, after: number, through: number): Promise<number[]> {
    return this.#database.call(() => this.#hidden.within(userId, conversationId, after, through));
  }

  hiddenAbove(userId: string, cursors: { conversationId: string; after: number }[]): Promise<Map<string, number>> {
    return this.#database.call(() => this.#hidden.above(userId, cursors));
  }

  record(userId: string, change: NumberedChange["change"]): Promise<number> {
    return this.#database.call(() => this.#changes.record(userId, change));
  }

  changes(userId: string, after: number, limit: number): Promise<NumberedChange[]> {
    return this.#database.call(() => this.#changes.after(userId, after, limit));
  }

  lastChange(userId: string): Promise<number> {
    return this.#database.call(() => this.#changes.last(userId));
  }

  close(): Promise<void> {
    return this.#behind.close();
  }

  /** Cursors are read as `advance…` was given them, because they are written first. */
  async #readCursors<T>(read: () => Promise<T>): Promise<T> {
    await this.flush();
    return this.#database.call(read);
  }
}
