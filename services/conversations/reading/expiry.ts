import type { Clock } from "../../../contracts/clock.ts";
import type { MessageLog } from "../../../stores/message-log.ts";

const MESSAGES_AT_ONCE = 500;

/** Empties for good what reads show as empty already. */
export async function sweepExpired(log: MessageLog, clock: Clock): Promise<void> {
  const now = new Date(clock.now()).toISOString();
  while ((await log.expire(now, MESSAGES_AT_ONCE)) === MESSAGES_AT_ONCE);
}
