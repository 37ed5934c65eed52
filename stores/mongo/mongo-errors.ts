import {
  MongoClientClosedError,
  MongoDriverError,
  MongoNotConnectedError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from "mongodb";
import { CommitRefused } from "../message-log.ts";
import { seqIndex, writeKeyIndex } from "./schema.ts";

const DUPLICATE_KEY = 11_000;

/** One of a command's writes that was not done. */
export interface WriteError {
  index: number;
  code: number;
  errmsg: string;
}

/** Whether the command certainly never left: no primary is known, or no connection was free. */
export function wasNotSent(error: unknown): boolean {
  return (
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoClientClosedError ||
    (error instanceof MongoDriverError && error.name === "MongoWaitQueueTimeoutError")
  );
}

/** Whether a unique index said no: of a conditional upsert it says that something newer is there. */
export const isDuplicate = ({ code }: WriteError): boolean => code === DUPLICATE_KEY;

/** An entry that was not inserted. */
export function refusal(error: WriteError): CommitRefused {
  const index = isDuplicate(error) ? /index: (\S+)/.exec(error.errmsg)?.[1] : undefined;
  const cause = error.errmsg;
  if (index === seqIndex) return new CommitRefused("seq", { cause });
  if (index === writeKeyIndex) return new CommitRefused("clientMsgId", { cause });
  return new CommitRefused("refused", { cause });
}
