import { afterEach, beforeEach, describe } from "@jest/globals";
import type { MessageLog } from "../../stores/message-log.ts";
import { appendContract } from "./message-log/append.ts";
import { derivedRowsContract } from "./message-log/derived-rows.ts";
import { latestContract } from "./message-log/latest.ts";
import { marksContract } from "./message-log/marks.ts";
import { membershipContract } from "./message-log/membership.ts";
import { randomCommitsContract } from "./message-log/random-commits.ts";
import { readingContract } from "./message-log/reading.ts";
import { retentionContract } from "./message-log/retention.ts";
import { togetherContract } from "./message-log/together.ts";

/** What every adapter of the message log must do. `open` gives an empty one for each test. */
export function messageLogContract(name: string, open: () => Promise<MessageLog>): void {
  describe(`the message log in ${name}`, () => {
    let log: MessageLog;
    beforeEach(async () => {
      log = await open();
    });
    afterEach(() => log.close());
    const current = () => log;
    appendContract(current);
    derivedRowsContract(current);
    readingContract(current);
    membershipContract(current);
    latestContract(current);
    marksContract(current);
    retentionContract(current);
    togetherContract(current);
    randomCommitsContract(current);
  });
}
