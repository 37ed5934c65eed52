import type { Clock, Timer } from "../../contracts/clock.ts";

/** Runs `task` every `ms`, but never while it is still running. */
export function repeat(clock: Clock, ms: number, task: () => Promise<void>, onError: (error: unknown) => void): Timer {
  let running = false;
  return clock.every(ms, () => {
    if (running) return;
    running = true;
    void task()
      .catch(onError)
      .finally(() => {
        running = false;
      });
  });
}
