import type { Writable } from "node:stream";

/** What waits in a socket beyond this goes out at once. */
const MOST_BYTES = 65_536;

/**
 * Holds back what is written to sockets until the end of a turn of the event loop: the answers and the entries that follow
 * from one commit go to each socket in one system call.
 */
export class Corks {
  #sockets: Writable[] = [];
  #waiting = false;

  /** Said before each write. */
  hold(socket: Writable): void {
    if (socket.writableCorked > 0) {
      if (socket.writableLength > MOST_BYTES) socket.uncork();
      else return;
    }
    socket.cork();
    this.#sockets.push(socket);
    if (this.#waiting) return;
    this.#waiting = true;
    setImmediate(() => this.#release());
  }

  #release(): void {
    const sockets = this.#sockets;
    this.#sockets = [];
    this.#waiting = false;
    for (const socket of sockets) socket.uncork();
  }
}
