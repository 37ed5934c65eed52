import type { PendingCursors } from "../participation/pending-cursors.ts";
import type { DeviceCursor, UserCursor } from "../participation.ts";
import type { CollectionName, ParticipantDocument } from "./documents.ts";
import type { MongoDatabase, UpdateStatement } from "./mongo-database.ts";
import { decodeCursor, encodeCursor } from "./row-codec.ts";
import { anyOf, SharedReads } from "./shared-reads.ts";
import { update } from "./updates.ts";

interface Lowest {
  deliveredSeq: number;
  readSeq: number;
}

/** A user in some conversations, or in all. */
interface Asked {
  userId: string;
  conversationIds?: string[];
}
type Named = Required<Asked>;

const lowest = {
  deliveredSeq: { $min: { $ifNull: ["$delivered.seq", 0] } },
  readSeq: { $min: { $ifNull: ["$read.seq", 0] } },
};
/** Cursors in one write: entries do not wait behind all of them, and no command is too long. */
const AT_ONCE = 25;
/** Devices or users whose cursors one command reads, */
const DEVICES = 100;
/** and conversations that are named in it. */
const CONVERSATIONS = 1000;
const fields = { projection: { _id: 0, conversationId: 1, userId: 1, delivered: 1, read: 1 } } as const;

/** How far users and devices have got. Written by `$max`, so that nothing ever goes back, in whatever order it comes. */
export class Cursors {
  readonly #database: MongoDatabase;
  readonly #byDevice: SharedReads<string, Map<string, number>>;
  readonly #mine: SharedReads<Asked, ParticipantDocument[]>;
  readonly #others: SharedReads<Named, ReadonlyMap<string, Lowest>>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#byDevice = new SharedReads(database, { read: (deviceIds) => this.#ofDevices(deviceIds), most: DEVICES });
    const weigh = ({ conversationIds = [] }: Asked) => Math.max(conversationIds.length, CONVERSATIONS / DEVICES);
    this.#mine = new SharedReads(database, { read: (asked) => this.#ofUsers(asked), weigh, most: CONVERSATIONS });
    this.#others = new SharedReads<Named, ReadonlyMap<string, Lowest>>(database, {
      read: (asked) => this.#ofOthers(asked),
      weigh,
      most: CONVERSATIONS,
    });
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
    const mine = await this.#mine.ask({ userId, conversationIds });
    const others = await this.#others.ask({ userId, conversationIds: mine.map(({ conversationId }) => conversationId) });
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

  async #ofUsers(asked: Asked[]): Promise<ParticipantDocument[][]> {
    const filters = asked.map(({ userId, conversationIds }) => ({
      userId,
      ...(conversationIds && { conversationId: { $in: conversationIds } }),
      member: { $exists: true },
    }));
    const byUser = Map.groupBy(await this.#participants(anyOf(filters)), ({ userId }) => userId);
    return asked.map(({ userId, conversationIds }) => {
      const wanted = conversationIds && new Set(conversationIds);
      return (byUser.get(userId) ?? []).filter(({ conversationId }) => wanted?.has(conversationId) ?? true);
    });
  }

  /** Two users of one conversation leave out different ones: the second of them is asked about alone. */
  async #ofOthers(asked: Named[]): Promise<ReadonlyMap<string, Lowest>[]> {
    const known = new Set<string>();
    const apart = new Set(asked.filter(({ conversationIds }) => addAll(known, conversationIds)));
    const filterOf = ({ userId, conversationIds }: Named) => ({
      conversationId: { $in: conversationIds },
      userId: { $ne: userId },
    });
    const together = this.#lowest(anyOf([...apart].map(filterOf)));
    return Promise.all(asked.map((one) => (apart.has(one) ? together : this.#lowest(filterOf(one)))));
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

/** Whether none of them was there. */
function addAll(known: Set<string>, some: string[]): boolean {
  const areNew = !some.some((one) => known.has(one));
  for (const one of some) known.add(one);
  return areNew;
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
