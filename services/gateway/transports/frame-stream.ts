import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { LARGE_ANSWER } from "../sessions/transport.ts";
import type { Corks } from "./corks.ts";

/**
 * The stream under a WebSocket. It takes whole frames, past the protocol library, which would make a header for each
 * socket that a frame goes to.
 */
export class FrameStream {
  readonly #webSocket: WebSocket;
  /** What carries it. */
  readonly #socket: Duplex;
  readonly #corks: Corks;
  #answerBytes = 0;

  constructor(webSocket: WebSocket, socket: Duplex, corks: Corks) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#corks = corks;
  }

  /**
   * `sent` runs when the system has taken it; never if the connection was closed before. `atOnce`: it is not held back for
   * what follows, only behind what is held already.
   */
  write(frame: Buffer, sent?: () => void, atOnce = false): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    if (!atOnce) this.hold();
    this.#socket.write(frame, sent && ((error) => error || sent()));
  }

  /** Large ones are counted apart. */
  answer(frame: Buffer): void {
    if (frame.length < LARGE_ANSWER) this.write(frame);
    else this.#writeLarge(frame);
  }

  /** What is about to be written goes out with what follows. */
  hold(): void {
    this.#corks.hold(this.#socket);
  }

  bufferedBytes(): number {
    return this.#webSocket.bufferedAmount - this.#answerBytes;
  }

  answerBytes(): number {
    return this.#answerBytes;
  }

  #writeLarge(frame: Buffer): void {
    this.#answerBytes += frame.length;
    this.write(frame, () => {
      this.#answerBytes -= frame.length;
    });
  }
}
