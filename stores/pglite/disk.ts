import { closeSync, fsyncSync, openSync } from "node:fs";
import { open } from "node:fs/promises";

/** Makes what was written to a file or folder survive the death of the machine. */
export interface Disk {
  sync(path: string): Promise<void>;
  /** Stops the process meanwhile. */
  syncNow(path: string): void;
}

export const disk: Disk = {
  async sync(path) {
    await using file = await open(path);
    await file.sync();
  },
  syncNow(path) {
    const file = openSync(path, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  },
};
