import type { CloseReason } from "../../../contracts/close-codes.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import type { EncodedFrame } from "./encoded-frame.ts";

/** Whoever frames for a user go to: a session, or a long poll that waits. */
export interface Recipient {
  readonly id: string;
  readonly viewer: Viewer;
  deliver(frame: EncodedFrame): void;
  /** A frame for this user that is not for this recipient, which has it already. */
  pass(frame: EncodedFrame): void;
  /** The server ends it. */
  end(reason: CloseReason): void;
}
