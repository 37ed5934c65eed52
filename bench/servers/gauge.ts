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

if (isMainThread && process.send) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (how: object) => void;
  process.on("message", (asked) => {
    if (asked !== "memory") return;
    // What V8 does before it would give up: all that can go goes, and pages that are free are given back.
    collect({ type: "major", flavor: "last-resort" });
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ rss, heapUsed } satisfies Memory);
  });
  // Whoever started it is gone.
  process.on("disconnect", () => process.exit());
  process.channel?.unref();
}
