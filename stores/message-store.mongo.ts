import { type Clock, systemClock } from "../contracts/clock.ts";
import { MongoMessageLog } from "./message-log.mongo.ts";
import type { MessageStore } from "./message-store.ts";
import { type MongoLimits, mongoLimits } from "./mongo/limits.ts";
import { MongoDatabase } from "./mongo/mongo-database.ts";
import { MongoParticipation } from "./participation.mongo.ts";

export interface MongoStoreOptions {
  clock?: Clock;
  limits?: Partial<MongoLimits>;
}

/**
 * The message store in the MongoDB database that `url` names ("switchboard" if it names none), made if it is not
 * there. For any number of nodes. `log.close` closes it all; close `participation` before, so that it can write what
 * is pending.
 */
export async function openMongoStore(url: string, options: MongoStoreOptions = {}): Promise<MessageStore> {
  const { clock = systemClock, limits } = options;
  const database = new MongoDatabase(url, clock, { ...mongoLimits, ...limits });
  await database.open();
  const breaker = () => database.state;
  return { log: new MongoMessageLog(database), participation: new MongoParticipation(database), breaker };
}
