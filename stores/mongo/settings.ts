import type { ConversationPatch } from "../../contracts/shapes.ts";
import type { ParticipantSettings } from "../participation.ts";
import type { MongoDatabase } from "./mongo-database.ts";
import { update } from "./updates.ts";

const initial = { muted: false, pinned: false, archived: false };

/** What users have set about conversations. */
export class Settings {
  readonly #database: MongoDatabase;

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  async of(userId: string): Promise<Map<string, ParticipantSettings>> {
    return new Map((await this.#find({ userId })).map(({ conversationId, settings }) => [conversationId, settings]));
  }

  async set(userId: string, conversationId: string, patch: ConversationPatch): Promise<ParticipantSettings> {
    const q = { userId, conversationId };
    await update(this.#database, "settings", [{ q, u: patching(patch), upsert: true }]);
    const [found] = await this.#find(q);
    return found?.settings ?? initial;
  }

  async #find(filter: { userId: string; conversationId?: string }) {
    const options = { ...this.#database.reading, projection: { _id: 0, userId: 0 } };
    const found = await this.#database.stable("settings").find(filter, options).toArray();
    return found.map(({ conversationId, ...settings }) => ({ conversationId, settings }));
  }
}

/** Sets what is given; the rest stays as it is, or is as it begins. An empty draft is none. */
function patching({ draft, ...flags }: ConversationPatch) {
  const rest = Object.entries(initial).filter(([name]) => flags[name as keyof typeof flags] === undefined);
  return {
    $set: { ...flags, ...(draft && { draft }) },
    $setOnInsert: Object.fromEntries(rest),
    ...(draft === "" && { $unset: { draft: "" } }),
  };
}
