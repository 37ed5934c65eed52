import type { PendingCursors } from "../participation/pending-cursors.ts";
import type { DeviceCursor, UserCursor } from "../participation.ts";
import type { CollectionName, ParticipantDocument } from "./documents.ts";
import type { MongoDatabase, UpdateStatement } from "./mongo-database.ts";
import { decodeCursor, encodeCursor } from "./row-codec.ts";
import { SharedReads } from "./shared-reads.ts";
import { update } from "./updates.ts";

interface Lowest {
  deliveredSeq: number;
  readSeq: number;
}

const lowest = {
  deliveredSeq: { $min: { $ifNull: ["$delivered.seq", 0] } },
  readSeq: { $min: { $ifNull: ["$read.seq", 0] } },
};
/** Cursors in one write: entries do not wait behind all of them, and no command is too long. */
const AT_ONCE = 25;
/** Devices whose cursors one command reads. */
const DEVICES = 100;
const fields = { projection: { _id: 0, conversationId: 1, userId: 1, delivered: 1, read: 1 } } as const;

/** How far users and devices have got. Written by `$max`, so that nothing ever goes back, in whatever order it comes. */
export class Cursors {
  readonly #database: MongoDatabase;
  readonly #byDevice: SharedReads<string, Map<string, number>>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#byDevice = new SharedReads(database, { read: (deviceIds) => this.#ofDevices(deviceIds), most: DEVICES });
  }

  /** Writes them, some in each call. */
  async write({ users, devices }: PendingCursors): Promise<void> {
    for (let i = 0; i < users.length; i += AT_ONCE) await this.#put("participants", users.slice(i, i + AT_ONCE).map(putUser));
    for (let i = 0; i < devices.length; i += AT_ONCE)
      await this.#put("deviceCursors", devices.slice(i, i + AT_ONCE).map(putDevice));
  }

  #put(name: CollectionName, updates: UpdateStatement[]): Promise<void> {
    return this.#database.call(() => update(this.#database, name, updates));
  }

  async of(conversationId: string): Promise<UserCursor[]> {
    const moved = { conversationId, delivered: { $exists: true } };
    return (await this.#participants(moved)).map(decodeCursor);
  }

  async for(userId: string, conversationIds?: string[]): Promise<{ mine: UserCursor; others: Lowest }[]> {
    const here = conversationIds && { conversationId: { $in: conversationIds } };
    const mine = await this.#participants({ userId, ...here, member: { $exists: true } });
    const others = await this.#lowest({
      conversationId: { $in: mine.map(({ conversationId }) => conversationId) },
      userId: { $ne: userId },
    });
    const nobody = { deliveredSeq: 0, readSeq: 0 };
    return mine.map((one) => ({ mine: decodeCursor(one), others: others.get(one.conversationId) ?? nobody }));
  }

  ofDevice(deviceId: string): Promise<Map<string, number>> {
    return this.#byDevice.ask(deviceId);
  }

  async lowest(conversationId: string): Promise<number | undefined> {
    const $group = { _id: null, seq: { $min: "$seq" } };
    const [members, [device]] = await Promise.all([
      this.#lowest({ conversationId }),
      this.#database
        .stable("deviceCursors")
        .aggregate<{ seq: number }>([{ $match: { conversationId } }, { $group }], this.#database.reading)
        .toArray(),
    ]);
    const all = [members.get(conversationId)?.deliveredSeq, device?.seq].flatMap((seq) => seq ?? []);
    return all.length > 0 ? Math.min(...all) : undefined;
  }

  async forgetDevice(deviceId: string): Promise<void> {
    await this.#database.write({ delete: "deviceCursors", deletes: [{ q: { deviceId }, limit: 0 }], ordered: true });
  }

  async #ofDevices(deviceIds: string[]): Promise<Map<string, number>[]> {
    const options = { ...this.#database.reading, projection: { _id: 0 } };
    const found = await this.#database
      .stable("deviceCursors")
      .find({ deviceId: { $in: deviceIds } }, options)
      .toArray();
    const byDevice = Map.groupBy(found, ({ deviceId }) => deviceId);
    return deviceIds.map((id) => new Map(byDevice.get(id)?.map(({ conversationId, seq }) => [conversationId, seq])));
  }

  #participants(filter: object): Promise<ParticipantDocument[]> {
    return this.#database
      .stable("participants")
      .find(filter, { ...this.#database.reading, ...fields })
      .toArray();
  }

  /** The lowest cursors of the members present, by conversation. */
  async #lowest(filter: object): Promise<Map<string, Lowest>> {
    const pipeline = [{ $match: { ...filter, "member.present": true } }, { $group: { _id: "$conversationId", ...lowest } }];
    const found = this.#database.stable("participants").aggregate<Lowest & { _id: string }>(pipeline, this.#database.reading);
    return new Map((await found.toArray()).map(({ _id, deliveredSeq, readSeq }) => [_id, { deliveredSeq, readSeq }]));
  }
}

const putUser = (cursor: UserCursor): UpdateStatement => ({
  q: { conversationId: cursor.conversationId, userId: cursor.userId },
  u: { $max: encodeCursor(cursor) },
  upsert: true,
});

const putDevice = ({ deviceId, conversationId, seq }: DeviceCursor): UpdateStatement => ({
  q: { deviceId, conversationId },
  u: { $max: { seq } },
  upsert: true,
});
