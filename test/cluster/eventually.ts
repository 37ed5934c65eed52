import { setTimeout as wait } from "node:timers/promises";

const LOOK_MS = 20;

/** Resolves with the first answer that is neither false, undefined nor an error; rejects with the last one after `ms`. */
export async function eventually<T>(look: () => T | Promise<T>, ms = 15_000): Promise<T> {
  for (const end = Date.now() + ms; ; await wait(LOOK_MS)) {
    try {
      const found = await look();
      if (found) return found;
      if (Date.now() > end) throw new Error(`never so: ${look}`);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
