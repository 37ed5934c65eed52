import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

/**
 * Loaded into a server under measurement before its own code: tells whoever started it how much memory it holds,
 * garbage left out. It does nothing until it is asked.
 */
export interface Memory {
  rss: number;
  heapUsed: number;
}

/** V8 keeps the pages that a collection frees for some seconds: 27 KB a connection one time, 39 another, where it needs 11. */
const GIVEN_BACK_MS = 10_000;

if (isMainThread && process.send) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  process.on("message", (asked) => {
    if (asked !== "memory") return;
    collect();
    collect();
    setTimeout(() => {
      collect();
      const { rss, heapUsed } = process.memoryUsage();
      process.send?.({ rss, heapUsed } satisfies Memory);
    }, GIVEN_BACK_MS);
  });
  // Whoever started it is gone.
  process.on("disconnect", () => process.exit());
  process.channel?.unref();
}
