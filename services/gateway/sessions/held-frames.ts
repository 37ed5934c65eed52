import { limits } from "../../../contracts/limits.ts";
import type { EncodedFrame } from "./encoded-frame.ts";

/** Held frames stay well below the bound of unsent data: they all go out at once. */
const MOST_BYTES = 524_288;

/** Live frames that wait until a session has what came before them. Entries beyond the bound are left to `sync`. */
export class HeldFrames {
  readonly #frames: { frame: EncodedFrame; passed: boolean }[] = [];
  #bytes = 0;
  /** Whether an entry was left out, and so all after it. */
  overflowed = false;

  /** `passed`: it is only noted, the session has it already. */
  add(frame: EncodedFrame, passed: boolean): void {
    const bytes = passed ? 0 : frame.json.length;
    const full = this.#frames.length >= limits.backlog || this.#bytes + bytes > MOST_BYTES;
    if (full || (this.overflowed && frame.at)) {
      this.overflowed = true;
      return;
    }
    this.#bytes += bytes;
    this.#frames.push({ frame, passed });
  }

  [Symbol.iterator](): Iterator<{ frame: EncodedFrame; passed: boolean }> {
    return this.#frames.values();
  }
}
