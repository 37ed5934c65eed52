import type { Duplex } from "node:stream";
import type { Server, ServerOptions, Socket } from "socket.io";
import type { Config } from "../../../config.ts";
import { type CloseReason, closeCodes } from "../../../contracts/close-codes.ts";
import { ConflictError, toChatError, UnauthenticatedError, ValidationError } from "../../../contracts/errors.ts";
import type { VerifiedToken } from "../../../contracts/services/auth.ts";
import type { EncodedFrame } from "../sessions/encoded-frame.ts";
import type { Answer, Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { LARGE_ANSWER, type Transport } from "../sessions/transport.ts";
import type { Corks } from "./corks.ts";
import { Strangers } from "./strangers.ts";

/** The version of the contract that this server speaks. */
const VERSION = 1;
/** A connection that does not ask for the namespace is closed after this. */
const HANDSHAKE_MS = 10_000;

type Connection = Socket["conn"];

export function socketIoOptions(config: Config): Partial<ServerOptions> {
  const { corsOrigins, polling, frameBytes, heartbeatMs, sessionTimeoutMs } = config;
  return {
    path: "/socket.io",
    transports: polling ? ["websocket", "polling"] : ["websocket"],
    maxHttpBufferSize: frameBytes,
    pingInterval: heartbeatMs,
    pingTimeout: Math.max(100, sessionTimeoutMs - heartbeatMs),
    connectTimeout: HANDSHAKE_MS,
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: false,
    ...(corsOrigins.length && { cors: { origin: corsOrigins.includes("*") ? "*" : corsOrigins } }),
  };
}

/** Socket.IO's default namespace: one JSON argument an event, answered by the acknowledgement. */
export function attachSocketIo(io: Server, sessions: Sessions, corks: Corks): void {
  const strangers = new Strangers();
  io.engine.opts.allowRequest = (_, decide) => decide(strangers.haveRoom ? null : "too many connections", strangers.haveRoom);
  io.engine.on("connection", (conn: Connection) => {
    strangers.add(conn);
    conn.on("packet", () => strangers.heard(conn));
  });
  io.engine.on("flush", (conn: Connection) => transports.get(conn)?.flushing());
  io.engine.on("drain", (conn: Connection) => transports.get(conn)?.flushed());
  io.use((socket, next) => void admitOnce(socket, sessions, strangers).then(() => next(), refuse(next)));
  io.on("connection", (socket) => {
    strangers.admitted(socket.conn);
    new SocketIoTransport(socket, corks).begin(sessions, socket.data.token);
  });
}

async function admitOnce(socket: Socket, sessions: Sessions, strangers: Strangers): Promise<void> {
  if (!strangers.asks(socket.conn)) throw new ConflictError("this connection has asked already");
  try {
    await admit(socket, sessions);
  } catch (error) {
    strangers.refused(socket.conn);
    throw error;
  }
}

async function admit(socket: Socket, sessions: Sessions): Promise<void> {
  const { token, v } = socket.handshake.auth;
  if (typeof token !== "string") throw new UnauthenticatedError("an access token is needed");
  if (v !== VERSION) throw ValidationError.at("v", `this server speaks version ${VERSION}`);
  socket.data.token = await sessions.admit(token);
}

const refuse = (next: (error: Error) => void) => (thrown: unknown) => {
  const error = toChatError(thrown);
  next(Object.assign(new Error(error.message), { data: error.toSocket() }));
};

/** By connection, for listeners that all connections share. */
const transports = new WeakMap<Connection, SocketIoTransport>();

class SocketIoTransport implements Transport {
  readonly protocol = "socket.io";
  readonly #socket: Socket;
  /** The connection of a WebSocket from the first; of one that began as polling it is not told. */
  readonly #carrier: Duplex | undefined;
  readonly #corks: Corks;
  #session: Session | undefined;
  /** Given to the connection, but not yet to what carries it. */
  #waiting = 0;
  #waitingAnswers = 0;
  /** With what carries it, which takes more only when it has sent all of this. */
  #sending = 0;
  #sendingAnswers = 0;

  constructor(socket: Socket, corks: Corks) {
    this.#socket = socket;
    this.#corks = corks;
    this.#carrier = socket.handshake.query.transport === "websocket" ? socket.request.socket : undefined;
  }

  begin(sessions: Sessions, token: VerifiedToken): void {
    const { conn } = this.#socket;
    transports.set(conn, this);
    conn.on("packet", onPacket);
    conn.on("packetCreate", onPacketCreate);
    this.#socket.onAny(onAny);
    this.#socket.on("disconnect", onDisconnect);
    this.#session = sessions.open(this, token);
  }

  send(frame: EncodedFrame, sent?: () => void): void {
    this.#socket.conn.write(frame.socketIo, frame.socketIoOptions, sent);
  }

  /** The protocol's own pings run as often. */
  ping(): void {}

  /** The official client comes back when its transport closes, and stays away when its namespace is left. */
  close(reason: CloseReason): void {
    if (closeCodes[reason].reconnect) this.#socket.conn.close(reason === "overloaded" || reason === "silent");
    else this.#socket.disconnect(true);
  }

  bufferedBytes(): number {
    return this.#waiting + (this.#isSending ? this.#sending : 0);
  }

  answerBytes(): number {
    return this.#waitingAnswers + (this.#isSending ? this.#sendingAnswers : 0);
  }

  /** The protocol answers some packets by itself, so room is looked for at each. */
  heard(): void {
    this.#session?.heard();
    this.#session?.hasRoom();
  }

  created(bytes: number): void {
    if (this.#carrier) this.#corks.hold(this.#carrier);
    if (bytes < LARGE_ANSWER) this.#waiting += bytes;
    else this.#waitingAnswers += bytes;
  }

  /** What waits goes to what carries it now, and from there to the operating system as one. */
  flushing(): void {
    this.#carrier?.cork();
    this.#sending = this.#waiting;
    this.#sendingAnswers = this.#waitingAnswers;
    this.#waiting = this.#waitingAnswers = 0;
  }

  flushed(): void {
    this.#carrier?.uncork();
  }

  /** The first argument is the data; the last one answers, if the client wants an answer. */
  async receive(event: unknown, args: unknown[]): Promise<void> {
    if (!this.#session?.hasRoom()) return;
    const respond = typeof args.at(-1) === "function" ? (args.pop() as (answer: Answer) => void) : undefined;
    const answer = await this.#session.receive(event, args[0]);
    respond?.(answer);
  }

  gone(): void {
    const { conn } = this.#socket;
    conn.off("packet", onPacket);
    conn.off("packetCreate", onPacketCreate);
    this.#session?.gone();
    // Who only left the namespace has no other to go to.
    conn.close();
  }

  get #isSending(): boolean {
    return !this.#socket.conn.transport.writable;
  }
}

function onPacket(this: Connection): void {
  transports.get(this)?.heard();
}

function onPacketCreate(this: Connection, { data }: { data?: string | Buffer }): void {
  transports.get(this)?.created(data?.length ?? 0);
}

function onAny(this: Socket, event: unknown, ...args: unknown[]): void {
  void transports.get(this.conn)?.receive(event, args);
}

function onDisconnect(this: Socket): void {
  transports.get(this.conn)?.gone();
}
