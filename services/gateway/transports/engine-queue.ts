import type { Socket } from "socket.io";
import { LARGE_ANSWER } from "../sessions/transport.ts";

/** Bytes that Engine.IO has for a connection. */
export class EngineQueue {
  readonly #connection: Socket["conn"];
  /** Given to the connection, but not yet to what carries it. */
  #waiting = 0;
  #waitingAnswers = 0;
  /** With what carries it, which takes more only when it has sent all of this. */
  #sent = 0;
  #sentAnswers = 0;

  constructor(connection: Socket["conn"]) {
    this.#connection = connection;
  }

  add(bytes: number): void {
    if (bytes < LARGE_ANSWER) this.#waiting += bytes;
    else this.#waitingAnswers += bytes;
  }

  /** What waits goes to what carries it now. */
  flush(): void {
    this.#sent = this.#waiting;
    this.#sentAnswers = this.#waitingAnswers;
    this.#waiting = this.#waitingAnswers = 0;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get sending(): number {
    return this.#isSending ? this.#sent : 0;
  }

  get sendingAnswers(): number {
    return this.#isSending ? this.#sentAnswers : 0;
  }

  /** Large answers, waiting or being sent. */
  get answers(): number {
    return this.#waitingAnswers + this.sendingAnswers;
  }

  get #isSending(): boolean {
    return !this.#connection.transport.writable;
  }
}
