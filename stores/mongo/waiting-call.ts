import { unavailable } from "../unavailable.ts";

/** A call that waits for a command which it will share with others. */
export interface WaitingCall {
  /** Its caller is told by then that it takes too long. */
  deadline: number;
  reject(error: unknown): void;
}

/** Without those whose callers were told already that it takes too long. */
export function inTime<C extends WaitingCall>(taken: C[], now: number): C[] {
  return taken.filter(({ deadline, reject }) => {
    if (deadline <= now) reject(unavailable("time limit"));
    return deadline > now;
  });
}
