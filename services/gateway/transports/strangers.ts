import type { Socket } from "socket.io";

type Connection = Socket["conn"];

/** Some kilobytes each. */
const MOST = 10_000;
/** Enough to ask for a session, to be refused, and to ask again. */
const MOST_PACKETS = 16;

/** Socket.IO connections without a session. They are let do little: nobody knows whose they are. */
export class Strangers {
  readonly #packets = new Map<Connection, number>();
  readonly #asking = new WeakSet<Connection>();
  /** One listener for all of them. */
  readonly #gone: (this: Connection) => void;

  constructor() {
    const packets = this.#packets;
    this.#gone = function () {
      packets.delete(this);
    };
  }

  get haveRoom(): boolean {
    return this.#packets.size < MOST;
  }

  add(connection: Connection): void {
    this.#packets.set(connection, 0);
    connection.on("close", this.#gone);
  }

  /** A stranger said something. One that says too much is closed, and one that makes a request. */
  heard(connection: Connection, isRequest: boolean): void {
    const packets = this.#packets.get(connection);
    if (packets === undefined) return;
    this.#packets.set(connection, packets + 1);
    if (isRequest) connection.close();
    else if (packets >= MOST_PACKETS) connection.close(true);
  }

  /** It asks for a session. False if it has one or has asked already: a connection has one. */
  asks(connection: Connection): boolean {
    if (!this.#packets.has(connection) || this.#asking.has(connection)) return false;
    this.#asking.add(connection);
    return true;
  }

  /** It may ask again. */
  refused(connection: Connection): void {
    this.#asking.delete(connection);
  }

  /** It has a session now. */
  admitted(connection: Connection): void {
    this.#packets.delete(connection);
    this.#asking.delete(connection);
    connection.off("close", this.#gone);
  }
}
