import type { BreakerState } from "./circuit-breaker.ts";
import type { MessageLog } from "./message-log.ts";
import type { ParticipationStore } from "./participation.ts";

/** The message log and what lies beside it; one database. */
export interface MessageStore {
  log: MessageLog;
  participation: ParticipationStore;
  /** Open: it did not answer lately, and is not asked. A store in this process has none. */
  breaker?(): BreakerState;
}
