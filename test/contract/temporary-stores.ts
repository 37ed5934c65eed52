import { afterAll, beforeAll } from "@jest/globals";
import { type MessageStoreOptions, openMessageStore } from "../../stores/message-store.sqlite.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { TemporaryFolder } from "../stores/temporary-folder.ts";

/** Opens message stores in files of their own, which go after the last test of this file. Whoever opens one closes it. */
export function temporaryStores(): (options?: MessageStoreOptions) => Promise<MessageStore> {
  let folder: TemporaryFolder;
  let count = 0;
  beforeAll(() => {
    folder = new TemporaryFolder();
  });
  afterAll(() => folder.remove());
  return (options) => openMessageStore(`${folder.file}-${++count}`, options);
}
