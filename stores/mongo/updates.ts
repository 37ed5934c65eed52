import type { CollectionName } from "./documents.ts";
import type { MongoDatabase, UpdateStatement } from "./mongo-database.ts";
import { isDuplicate } from "./mongo-errors.ts";

/** Does these, one after another. */
export async function update(database: MongoDatabase, name: CollectionName, updates: UpdateStatement[]): Promise<void> {
  if (updates.length === 0) return;
  const [error] = (await database.write({ update: name, updates, ordered: true })).writeErrors;
  if (error) throw new Error(error.errmsg);
}

/** Upserts of what is older than they are. Where something as new is, they match nothing and its unique index says no. */
export async function putNewer(database: MongoDatabase, name: CollectionName, upserts: UpdateStatement[]): Promise<void> {
  if (upserts.length === 0) return;
  const { writeErrors } = await database.write({ update: name, updates: upserts, ordered: false });
  const error = writeErrors.find((one) => !isDuplicate(one));
  if (error) throw new Error(error.errmsg);
}
