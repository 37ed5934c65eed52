import type { MongoDatabase } from "./mongo-database.ts";

/** Which conversations are active on which node incarnation. */
export class Marks {
  readonly #database: MongoDatabase;

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  async incarnations(): Promise<string[]> {
    const { maxTimeMS } = this.#database.reading;
    const found = await this.#database.stable("records").distinct("activeOn", { activeOn: { $exists: true } }, { maxTimeMS });
    return found.flatMap((incarnation) => incarnation ?? []);
  }

  async activeOn(incarnation: string, limit: number, after = ""): Promise<string[]> {
    const options = { ...this.#database.reading, projection: { _id: 1 } };
    const marked = this.#database.stable("records").find({ activeOn: incarnation, _id: { $gt: after } }, options);
    return (await marked.sort({ activeOn: 1, _id: 1 }).limit(limit).toArray()).map(({ _id }) => _id);
  }

  async unmark(incarnation: string, conversationIds: string[]): Promise<void> {
    const q = { _id: { $in: conversationIds }, activeOn: incarnation };
    await this.#database.write({
      update: "records",
      updates: [{ q, u: { $unset: { activeOn: "" } }, multi: true }],
      ordered: true,
    });
  }
}
