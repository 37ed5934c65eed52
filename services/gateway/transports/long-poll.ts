import type { Clock } from "../../../contracts/clock.ts";
import type { CloseReason } from "../../../contracts/close-codes.ts";
import { UnauthenticatedError } from "../../../contracts/errors.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import type { EncodedFrame } from "../sessions/encoded-frame.ts";
import type { Recipient } from "../sessions/recipient.ts";

/** What `sync` would bring. Signals pass by. */
const awaited = new Set(["entry", "change", "conversation", "reset"]);

/** A long poll that waits for something to happen. */
export class PollWaiter implements Recipient {
  readonly id: string;
  readonly viewer: Viewer;
  #happened = false;
  #ended = false;
  #revoked = false;
  #wake: (() => void) | undefined;

  constructor(id: string, viewer: Viewer) {
    this.id = id;
    this.viewer = viewer;
  }

  /** Nothing is worth waiting for any more. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  deliver(frame: EncodedFrame): void {
    if (!awaited.has(frame.event)) return;
    this.#happened = true;
    this.#wake?.();
  }

  pass(): void {}

  end(reason?: CloseReason): void {
    this.#ended = true;
    this.#revoked = reason === "revoked";
    this.#wake?.();
  }

  /**
   * Resolves at once if something happened since the last time, else when it does, or after `ms`. UNAUTHENTICATED when
   * the device was signed out: it is told nothing more.
   */
  async wait(clock: Clock, ms: number): Promise<void> {
    if (!this.#happened && !this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(ms, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    if (this.#revoked) throw new UnauthenticatedError("The device was signed out", { revoked: true });
    this.#happened = false;
    this.#wake = undefined;
  }
}
