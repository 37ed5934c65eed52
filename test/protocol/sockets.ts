import { afterEach } from "@jest/globals";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import type { Json, Person } from "./people.ts";
import type { Target } from "./target.ts";

export interface ServerFrame {
  event: string;
  data: Json;
}

/** One live session, whatever carries it. */
export interface Wire {
  /** Every event so far, in the order it came. */
  readonly received: ServerFrame[];
  /** What came as `entry`, in order. */
  entries(conversationId?: string): Json[];
  /** The acknowledgement: `{ ok, data | error }`. */
  /** Without `data` the event has none. */
  request(event: string, data?: unknown): Promise<Json>;
  /** The first event (past or to come) of that name which fits; rejects after `ms`. */
  next(event: string, fits?: (data: Json) => boolean, ms?: number): Promise<Json>;
  /** Every event, those that came before included. */
  listen(each: (event: string, data: Json) => void): void;
  /** Resolves with the close code (0 for Socket.IO) when the server ends it. */
  readonly closed: Promise<{ code: number; reason: string }>;
  close(): void;
}

export type Connect = (target: Target, person: Pick<Person, "token">) => Promise<Wire>;

const open = new Set<Wire>();
afterEach(() => {
  for (const wire of open) wire.close();
  open.clear();
});

class Inbox {
  readonly received: ServerFrame[] = [];
  #waiting = new Set<(frame: ServerFrame) => void>();

  listen(each: (event: string, data: Json) => void): void {
    for (const frame of this.received) each(frame.event, frame.data);
    this.#waiting.add((frame) => each(frame.event, frame.data));
  }

  push(event: string, data: Json): void {
    const frame = { event, data };
    this.received.push(frame);
    for (const look of [...this.#waiting]) look(frame);
  }

  entries(conversationId?: string): Json[] {
    return this.received
      .filter((f) => f.event === "entry" && (!conversationId || f.data.conversationId === conversationId))
      .map((f) => f.data);
  }

  next(event: string, fits: (data: Json) => boolean = () => true, ms = 30_000): Promise<Json> {
    const isIt = (frame: ServerFrame) => frame.event === event && fits(frame.data);
    const past = this.received.find(isIt);
    if (past) return Promise.resolve(past.data);
    return new Promise((resolve, reject) => {
      const look = (frame: ServerFrame) => {
        if (!isIt(frame)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(frame.data);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${event} within ${ms} ms; had ${this.received.map((f) => f.event).join(" ")}`));
      }, ms);
      this.#waiting.add(look);
    });
  }
}

const wsUrl = (target: Target) => target.url.replace(/^http/, "ws");

/** Plain WebSocket at /ws. */
export const connectWebSocket: Connect = async (target, { token }) => {
  const socket = new WebSocket(`${wsUrl(target)}/ws`, ["chat.v1", token]);
  return webSocketWire(socket);
};

export async function webSocketWire(socket: WebSocket): Promise<Wire> {
  const inbox = new Inbox();
  const answers = new Map<number, (answer: Json) => void>();
  let lastId = 0;
  socket.on("message", (raw) => {
    const frame = JSON.parse(String(raw));
    if (frame.event !== undefined) inbox.push(frame.event, frame.data);
    else if (frame.id === null) inbox.push("(unparsed)", frame);
    else answers.get(frame.id)?.(frame);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  const wire: Wire = {
    received: inbox.received,
    entries: (id) => inbox.entries(id),
    next: (event, fits, ms) => inbox.next(event, fits, ms),
    listen: (each) => inbox.listen(each),
    request(event, data) {
      const id = ++lastId;
      socket.send(JSON.stringify({ id, event, data }));
      return answered(event, (resolve) => answers.set(id, resolve));
    },
    closed,
    close: () => socket.close(),
  };
  open.add(wire);
  return wire;
}

/** The official Socket.IO client. */
export const connectSocketIo: Connect = async (target, { token }) => {
  const socket = io(target.url, { auth: { token, v: 1 }, transports: ["websocket"], reconnection: false, forceNew: true });
  const inbox = new Inbox();
  socket.onAny((event: string, data: Json) => inbox.push(event, data));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("disconnect", (reason) => resolve({ code: 0, reason }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  const wire: Wire = {
    received: inbox.received,
    entries: (id) => inbox.entries(id),
    next: (event, fits, ms) => inbox.next(event, fits, ms),
    listen: (each) => inbox.listen(each),
    request: (event, ...data) => answered(event, (resolve) => socket.emit(event, ...data, resolve)),
    closed,
    close: () => socket.disconnect(),
  };
  open.add(wire);
  return wire;
};

function answered(event: string, start: (resolve: (answer: Json) => void) => void): Promise<Json> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer to ${event}`)), 30_000).unref();
    start((answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

export const transports: [string, Connect][] = [
  ["WebSocket", connectWebSocket],
  ["Socket.IO", connectSocketIo],
];

/** Connected, and past the backlog. */
export async function online(connect: Connect, target: Target, person: Pick<Person, "token">): Promise<Wire> {
  const wire = await connect(target, person);
  await wire.next("synced");
  return wire;
}
