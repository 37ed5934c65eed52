import { WebSocket } from "ws";
import type { Json } from "../protocol/people.ts";

const OPEN_MS = 3000;
/** A server that is silent for so many of its own heartbeats is gone. */
const SILENT_BEATS = 4;

/** One connection of a device. */
export class Line {
  /** Resolves with the close code and the reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #onEvent: (event: string, data: Json) => void;
  readonly #answers = new Map<number, (answer: Json | undefined) => void>();
  #requests = 0;
  #silence: NodeJS.Timeout | undefined;

  private constructor(socket: WebSocket, onEvent: (event: string, data: Json) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    socket.on("message", (raw) => this.#receive(JSON.parse(String(raw))));
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        this.#end();
        resolve({ code, reason: String(reason) });
      });
    });
  }

  /** Resolves when it is open, or closed because it cannot be had. */
  static async open(url: string, token: string, onEvent: (event: string, data: Json) => void): Promise<Line> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, ["chat.v1", token], { handshakeTimeout: OPEN_MS });
    socket.on("error", () => {});
    const line = new Line(socket, onEvent);
    await Promise.race([new Promise((resolve) => socket.once("open", resolve)), line.closed]);
    return line;
  }

  /** Undefined if there is no answer in time. */
  request(event: string, data: Json, ms: number): Promise<Json | undefined> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve(undefined);
    const id = ++this.#requests;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#settle(id, undefined), ms);
      this.#answers.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      this.#socket.send(JSON.stringify({ id, event, data }));
    });
  }

  close(): void {
    this.#socket.terminate();
  }

  #receive(frame: Json): void {
    if (frame.event === "ready") this.#watch(frame.data.heartbeatMs * SILENT_BEATS);
    this.#silence?.refresh();
    if (frame.event !== undefined) this.#onEvent(frame.event, frame.data);
    else this.#settle(frame.id, frame);
  }

  #watch(ms: number): void {
    this.#silence = setTimeout(() => this.close(), ms);
  }

  #settle(id: number, answer: Json | undefined): void {
    this.#answers.get(id)?.(answer);
    this.#answers.delete(id);
  }

  #end(): void {
    clearTimeout(this.#silence);
    for (const id of [...this.#answers.keys()]) this.#settle(id, undefined);
  }
}
