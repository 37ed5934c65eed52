import { DatabaseSync } from "node:sqlite";

export interface FolderLock {
  release(): void;
}

/**
 * Claims `<folder>.lock` for this process, or throws. SQLite's own file lock stands behind it, so a process that
 * is killed leaves nothing to clear away. For stores that break when two processes open them.
 */
export function lockFolder(folder: string): FolderLock {
  const file = new DatabaseSync(`${folder}.lock`);
  try {
    file.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    file.close();
    throw new Error(`${folder} is in use by another process`, { cause });
  }
  return { release: () => file.close() };
}
