import { WebSocket } from "ws";
import type { Wire } from "./wire.ts";

export interface ClientOptions {
  wire: Wire;
  base: string;
  token: string;
  /** For the bare server: a room to join. */
  room?: string;
  /** One address has no more than some ten thousand ports. */
  localAddress?: string;
}

const CONNECT_MS = 60_000;

/** A chat client that does as little as it can. */
export class Client {
  readonly #wire: Wire;
  readonly #webSocket: WebSocket;
  /** Resolves when it was sent what it missed. */
  readonly synced: Promise<void>;
  /** Every entry, as the text of its frame. */
  onEntry: (frame: string) => void = () => {};
  /** Every answer that says yes. */
  onAnswer: (frame: string) => void = () => {};
  /** One that says no: it ends the run, unless somebody expects it. */
  onRefused: (frame: string) => void = (frame) => {
    throw new Error(`refused: ${frame}`);
  };
  #requests = 0;
  #onSynced = () => {};

  constructor({ wire, base, token, room, localAddress }: ClientOptions) {
    this.#wire = wire;
    const webSocket = new WebSocket(wire.url(base, token), { perMessageDeflate: false, skipUTF8Validation: true, localAddress });
    this.#webSocket = webSocket;
    webSocket.on("message", (data) => this.#heard((data as Buffer).toString("latin1"), token, room));
    this.synced = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("not connected in time")), CONNECT_MS);
      this.#onSynced = () => {
        clearTimeout(late);
        resolve();
      };
      webSocket.on("error", reject);
      webSocket.on("close", (code, reason) => reject(new Error(`closed: ${code} ${reason}`)));
    });
  }

  /** `data` is JSON. */
  request(event: string, data: string): void {
    this.#webSocket.send(this.#wire.request(++this.#requests, event, data));
  }

  /** Breaks the connection, as a train in a tunnel does. */
  drop(): void {
    this.#webSocket.terminate();
  }

  #heard(frame: string, token: string, room: string | undefined): void {
    const { entry, answer, synced, ping, pong, opening, greeting } = this.#wire;
    if (frame.startsWith(entry)) this.onEntry(frame);
    else if (frame.startsWith(answer)) this.#answered(frame);
    else if (frame.startsWith(synced)) this.#onSynced();
    else if (frame === ping) this.#webSocket.send(pong);
    else if (greeting && frame.startsWith(opening)) this.#webSocket.send(greeting(token, room));
  }

  #answered(frame: string): void {
    const { answer, afterId } = this.#wire;
    // The answer's beginning is enough: what it holds may hold anything.
    if (frame.slice(0, frame.indexOf(afterId, answer.length) + 12).includes('"ok":true')) this.onAnswer(frame);
    else this.onRefused(frame);
  }
}

/** So many at a time, until all are synced. */
export async function connectAll(options: ClientOptions[], atOnce = 100): Promise<Client[]> {
  const clients: Client[] = [];
  const rest = options.entries();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [i, one] of rest) {
        const client = new Client(one);
        clients[i] = client;
        await client.synced;
      }
    }),
  );
  return clients;
}
