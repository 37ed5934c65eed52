import type { CloseReason } from "../../../contracts/close-codes.ts";
import type { EncodedFrame } from "./encoded-frame.ts";

export const protocols = ["websocket", "socket.io", "events"] as const;
export type Protocol = (typeof protocols)[number];

/**
 * Answers larger than this do not count against the bound of unsent data: a device that catches up asked for
 * them, and asks for one at a time.
 */
export const LARGE_ANSWER = 262_144;

/** What carries a session. It says nothing of its own accord, and never throws: what is closed drops what it is given. */
export interface Transport {
  readonly protocol: Protocol;
  /** `sent` runs once the frame, and all before it, was handed to the operating system; never after a close. */
  send(frame: EncodedFrame, sent?: () => void): void;
  /** Makes a peer that is there say something. */
  ping(): void;
  /** Ends the connection so that the peer learns why, as well as the protocol can tell. */
  close(reason: CloseReason): void;
  /** What was sent and is still in this process's memory, large answers left out. */
  bufferedBytes(): number;
  /** Large answers that are still in this process's memory. */
  answerBytes(): number;
}
