import type { Entry } from "../../../contracts/entry.ts";
import type { DeliverFrame } from "../../../contracts/services/routing.ts";
import type { ServerData, ServerEvent } from "../../../contracts/socket-events.ts";
import { textFrame } from "../transports/text-frame.ts";

/** Where an entry stands; for a `hidden` run, where it ends. */
export interface Place {
  conversationId: string;
  seq: number;
}

/** One event on its way to sockets. Its text is made once a protocol, however many sockets it goes to. */
export class EncodedFrame {
  readonly event: string;
  /** The event's data as JSON text. */
  readonly json: string;
  readonly at: Place | undefined;
  /** For the `synced` that ends a backlog: the sync cursor of what came before it. */
  readonly cursor: string | undefined;
  /** It is not held back at any socket for what may follow: it goes to so many that the last would wait for the first. */
  readonly atOnce: boolean;
  #webSocket: Buffer | undefined;
  #socketIo: string | undefined;
  #socketIoFrame: Buffer | undefined;
  #eventStream: string | undefined;

  private constructor(event: string, json: string, at?: Place, cursor?: string, atOnce = false) {
    this.event = event;
    this.json = json;
    this.at = at;
    this.cursor = cursor;
    this.atOnce = atOnce;
  }

  static of<E extends ServerEvent>(event: E, data: ServerData<E>, cursor?: string): EncodedFrame {
    return new EncodedFrame(event, JSON.stringify(data), undefined, cursor);
  }

  static entry(entry: Entry): EncodedFrame {
    const seq = entry.kind === "hidden" ? entry.through : entry.seq;
    return new EncodedFrame("entry", JSON.stringify(entry), { conversationId: entry.conversationId, seq });
  }

  static delivered({ event, json, at }: DeliverFrame, atOnce: boolean): EncodedFrame {
    return new EncodedFrame(event, json, at, undefined, atOnce);
  }

  /** A whole frame of plain WebSocket. */
  get webSocket(): Buffer {
    return (this.#webSocket ??= textFrame(`{"event":${JSON.stringify(this.event)},"data":${this.json}}`));
  }

  /** A Socket.IO EVENT packet of the namespace `/`. */
  get socketIo(): string {
    return (this.#socketIo ??= `2[${JSON.stringify(this.event)},${this.json}]`);
  }

  /** The same packet as a whole WebSocket frame of Engine.IO, where `4` is a message. */
  get socketIoFrame(): Buffer {
    return (this.#socketIoFrame ??= textFrame(`4${this.socketIo}`));
  }

  /** All fields of a server-sent event but its id, which each stream has its own. */
  get eventStream(): string {
    return (this.#eventStream ??= `event: ${this.event}\ndata: ${this.json}\n`);
  }
}
