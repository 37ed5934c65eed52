import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type MessageStoreOptions, openMessageStore } from "../../stores/message-store.sqlite.ts";
import type { MessageStore } from "../../stores/stores.ts";

/** Opens message stores in files of their own, which go after the last test of this file. Whoever opens one closes it. */
export function temporaryStores(): (options?: MessageStoreOptions) => Promise<MessageStore & { file: string }> {
  let folder: string;
  let count = 0;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "switchboard-messages-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return async (options) => {
    const file = join(folder, `${++count}.sqlite`);
    return { ...(await openMessageStore(file, options)), file };
  };
}
