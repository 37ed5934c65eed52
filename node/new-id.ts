import { randomFillSync } from "node:crypto";
import { V7Generator } from "uuidv7";

/** Randomness for a few hundred ids at a time: to ask for it costs more than to make an id. */
const pool = new Uint32Array(1024);
let used = pool.length;

const generator = new V7Generator({
  nextUint32() {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++] ?? 0;
  },
});

/** A new UUIDv7; those of one process ascend. */
export function newId(): string {
  const hex = Buffer.from(generator.generate().bytes.buffer).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
