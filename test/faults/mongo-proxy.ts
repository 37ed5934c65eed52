import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Document } from "mongodb";
import { encodeMessage, type WireMessage, WireReader } from "./mongo-wire.ts";

/** Lets the server do a command, this one or another; resolves with what it answers. */
export type Forward = (command: Document) => Promise<Document>;
/** What becomes of a command: the answer to it, or null if the connection breaks instead of one. */
export type Intercept = (command: Document, forward: Forward) => Promise<Document | null>;

/** Stands between a driver and a MongoDB server, and does with commands and answers what it is told to. */
export class MongoProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  intercept: Intercept | undefined;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    const url = new URL(target);
    url.port = String((server.address() as AddressInfo).port);
    this.url = url.href;
    server.on("connection", (client) => new Connection(client, Number(target.port), this));
  }

  static async start(target: string): Promise<MongoProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new MongoProxy(server, new URL(target));
  }

  /** Keeps it, so that it ends with the proxy. */
  adopt(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {}).once("close", () => this.#sockets.delete(socket));
  }

  /** Breaks every connection there is. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, "close");
  }
}

/** A driver's connection, and its own one to the server. A driver waits for an answer before it asks again. */
class Connection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #proxy: MongoProxy;
  #answered: ((answer: WireMessage) => void) | undefined;

  constructor(client: Socket, port: number, proxy: MongoProxy) {
    this.#client = client;
    this.#proxy = proxy;
    this.#upstream = connect(port, "127.0.0.1");
    for (const socket of [client, this.#upstream]) proxy.adopt(socket);
    const [requests, answers] = [new WireReader(), new WireReader()];
    client.on("data", (chunk: Buffer) => {
      for (const request of requests.read(chunk)) void this.#take(request);
    });
    this.#upstream.on("data", (chunk: Buffer) => {
      for (const answer of answers.read(chunk)) this.#answered?.(answer);
    });
    this.#upstream.once("close", () => client.destroy());
  }

  async #take(request: WireMessage): Promise<void> {
    const { intercept } = this.#proxy;
    if (!request.document || !intercept || "hello" in request.document || "ismaster" in request.document) {
      this.#client.write((await this.#ask(request.bytes)).bytes);
      return;
    }
    const forward = async (command: Document) => (await this.#ask(encodeMessage(command, request.requestId))).document ?? {};
    const answer = await intercept(request.document, forward);
    if (answer) this.#client.write(encodeMessage(answer, 0, request.requestId));
    else this.#client.destroy();
  }

  #ask(bytes: Buffer): Promise<WireMessage> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#upstream.write(bytes);
    });
  }
}
