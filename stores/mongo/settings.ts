import type { Filter } from "mongodb";
import type { ConversationPatch } from "../../contracts/shapes.ts";
import type { ParticipantSettings } from "../participation.ts";
import type { SettingsDocument } from "./documents.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { SharedReads } from "./shared-reads.ts";
import { update } from "./updates.ts";

const initial = { muted: false, pinned: false, archived: false };

/** Users whose settings one command reads. */
const USERS = 100;

/** What users have set about conversations. */
export class Settings {
  readonly #database: MongoDatabase;
  readonly #byUser: SharedReads<string, Map<string, ParticipantSettings>>;

  constructor(database: MongoDatabase) {
    this.#database = database;
    this.#byUser = new SharedReads(database, { read: (userIds) => this.#of(userIds), most: USERS });
  }

  of(userId: string): Promise<Map<string, ParticipantSettings>> {
    return this.#byUser.ask(userId);
  }

  async set(userId: string, conversationId: string, patch: ConversationPatch): Promise<ParticipantSettings> {
    const q = { userId, conversationId };
    await update(this.#database, "settings", [{ q, u: patching(patch), upsert: true }]);
    const [found] = await this.#find(q);
    return found ? settingsOf(found) : initial;
  }

  async #of(userIds: string[]): Promise<Map<string, ParticipantSettings>[]> {
    const byUser = Map.groupBy(await this.#find({ userId: { $in: userIds } }), ({ userId }) => userId);
    return userIds.map((id) => new Map(byUser.get(id)?.map((one) => [one.conversationId, settingsOf(one)])));
  }

  #find(filter: Filter<SettingsDocument>): Promise<SettingsDocument[]> {
    const options = { ...this.#database.reading, projection: { _id: 0 } } as const;
    return this.#database.stable("settings").find(filter, options).toArray();
  }
}

const settingsOf = ({ userId: _, conversationId: __, ...settings }: SettingsDocument): ParticipantSettings => settings;

/** Sets what is given; the rest stays as it is, or is as it begins. An empty draft is none. */
function patching({ draft, ...flags }: ConversationPatch) {
  const rest = Object.entries(initial).filter(([name]) => flags[name as keyof typeof flags] === undefined);
  return {
    $set: { ...flags, ...(draft && { draft }) },
    $setOnInsert: Object.fromEntries(rest),
    ...(draft === "" && { $unset: { draft: "" } }),
  };
}
