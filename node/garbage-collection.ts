import { setFlagsFromString } from "node:v8";

/**
 * Has this process collect young garbage on the thread that made it. V8 would share each such collection, which has little
 * to do, among threads that wait for each other in a loop: see decision 38.
 */
export function collectWithoutHelpers(): void {
  setFlagsFromString("--no-parallel-scavenge");
}
