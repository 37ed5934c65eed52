import type { MessageLog } from "./message-log.ts";
import type { ParticipationStore } from "./participation.ts";

/** The message log and what lies beside it; one database. */
export interface MessageStore {
  log: MessageLog;
  participation: ParticipationStore;
}
