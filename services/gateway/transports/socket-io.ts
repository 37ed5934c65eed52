import type { IncomingMessage } from "node:http";
import type { Server, ServerOptions, Socket } from "socket.io";
import type { WebSocket } from "ws";
import type { Config } from "../../../config.ts";
import { type CloseReason, closeCodes } from "../../../contracts/close-codes.ts";
import { ConflictError, toChatError, UnauthenticatedError, ValidationError } from "../../../contracts/errors.ts";
import type { VerifiedToken } from "../../../contracts/services/auth.ts";
import type { EncodedFrame } from "../sessions/encoded-frame.ts";
import type { Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Transport } from "../sessions/transport.ts";
import type { Corks } from "./corks.ts";
import { EngineQueue } from "./engine-queue.ts";
import { FrameStream } from "./frame-stream.ts";
import { answerPacket, controlPackets, isRequest, requestIn } from "./socket-io-packets.ts";
import { Strangers } from "./strangers.ts";
import { textFrame } from "./text-frame.ts";

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
    parser: controlPackets,
    httpCompression: false,
    destroyUpgrade: false,
    ...(corsOrigins.length && { cors: { origin: corsOrigins.includes("*") ? "*" : corsOrigins } }),
  };
}

/** Socket.IO's default namespace: one JSON argument an event, answered by the acknowledgement. */
export function attachSocketIo(io: Server, sessions: Sessions, corks: Corks): void {
  const strangers = new Strangers();
  const onPacket: PacketListener = function ({ type, data }) {
    const transport = transports.get(this);
    if (transport) transport.heard(type, data);
    else strangers.heard(this, type === "message" && isRequest(data));
  };
  io.engine.opts.allowRequest = (_, decide) => decide(strangers.haveRoom ? null : "too many connections", strangers.haveRoom);
  io.engine.on("connection", (conn: Connection) => {
    strangers.add(conn);
    conn.on("packet", onPacket);
  });
  io.engine.on("flush", (conn: Connection) => transports.get(conn)?.flushing());
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
  readonly #queue: EngineQueue;
  /** Of a WebSocket from the first; of a connection that began as polling it is not told. */
  readonly #stream: FrameStream | undefined;
  #session: Session | undefined;

  constructor(socket: Socket, corks: Corks) {
    this.#socket = socket;
    this.#queue = new EngineQueue(socket.conn);
    this.#stream = streamUnder(socket, corks);
  }

  begin(sessions: Sessions, token: VerifiedToken): void {
    const { conn } = this.#socket;
    transports.set(conn, this);
    conn.on("packetCreate", onPacketCreate);
    this.#socket.on("disconnect", onDisconnect);
    forgetHandshake(this.#socket);
    this.#session = sessions.open(this, token);
  }

  send(frame: EncodedFrame, sent?: () => void): void {
    if (this.#goesPast) this.#stream?.write(frame.socketIoFrame, sent, frame.atOnce);
    else this.#socket.conn.write(frame.socketIo, packetOptions(this.#socket.conn, frame), sent);
  }

  /** The protocol's own pings run as often. */
  ping(): void {}

  /** The official client comes back when its transport closes, and stays away when its namespace is left. */
  close(reason: CloseReason): void {
    if (closeCodes[reason].reconnect) this.#socket.conn.close(reason === "overloaded" || reason === "silent");
    else this.#socket.disconnect(true);
  }

  bufferedBytes(): number {
    const { waiting, sending, sendingAnswers } = this.#queue;
    return waiting + (this.#stream ? this.#stream.bufferedBytes() - sendingAnswers : sending);
  }

  answerBytes(): number {
    return this.#queue.answers + (this.#stream?.answerBytes() ?? 0);
  }

  /** The protocol answers some packets by itself, so room is looked for at each. */
  heard(type: string, data: unknown): void {
    this.#session?.heard();
    if (this.#session?.hasRoom() && type === "message" && isRequest(data)) void this.#receive(this.#session, data);
  }

  created(bytes: number): void {
    this.#queue.add(bytes);
  }

  /** What waited goes to the operating system as one. */
  flushing(): void {
    this.#stream?.hold();
    this.#queue.flush();
  }

  gone(): void {
    const { conn } = this.#socket;
    transports.delete(conn);
    conn.off("packetCreate", onPacketCreate);
    this.#session?.gone();
    // Who only left the namespace has no other to go to.
    conn.close();
  }

  /** A connection that says what is no request is closed, as the library would. */
  async #receive(session: Session, packet: string): Promise<void> {
    const request = requestIn(packet);
    if (!request) return this.#socket.conn.close();
    const answer = await session.receive(request.event, request.data);
    if (request.id) this.#answer(answerPacket(request.id, answer));
  }

  #answer(packet: string): void {
    if (this.#goesPast) this.#stream?.answer(textFrame(`4${packet}`));
    else this.#socket.conn.write(packet);
  }

  /** Nothing waits in the library: what goes past it overtakes nothing. */
  get #goesPast(): boolean {
    return this.#stream !== undefined && this.#socket.conn.transport.writable;
  }
}

const beganAsWebSocket = ({ query }: Socket["handshake"]) => query.transport === "websocket";

/** Engine.IO notes the WebSocket on the request that asked for it. */
function streamUnder({ handshake, request }: Socket, corks: Corks): FrameStream | undefined {
  const { websocket }: IncomingMessage & { websocket?: WebSocket } = request;
  return beganAsWebSocket(handshake) && websocket ? new FrameStream(websocket, request.socket, corks) : undefined;
}

/** Some kilobytes, token and headers among them, that are of no use once there is a session. */
function forgetHandshake({ conn, handshake, request, data, nsp, id }: Socket): void {
  (conn as { request: IncomingMessage | null }).request = null;
  // The response that Engine.IO made up for the upgrade keeps the request for as long as the socket lives.
  if (beganAsWebSocket(handshake)) for (const key of Reflect.ownKeys(request)) Reflect.deleteProperty(request, key);
  Object.assign(handshake, nothing);
  data.token = undefined;
  // Nobody is written to by rooms.
  nsp.adapter.delAll(id);
}

const nothing: Partial<Socket["handshake"]> = { headers: {}, url: "", query: {}, auth: {} };

/** What Engine.IO takes beside a packet. Over WebSocket it sends the frame as it is, as Socket.IO's own adapters have it do. */
interface PacketOptions {
  compress?: boolean;
  wsPreEncodedFrame?: Buffer[];
}

const packetOptions = ({ transport }: Connection, frame: EncodedFrame): PacketOptions =>
  transport.name === "websocket" ? { wsPreEncodedFrame: [frame.socketIoFrame] } : {};

type PacketListener = (this: Connection, packet: { type: string; data?: string | Buffer }) => void;

const onPacketCreate: PacketListener = function ({ data }) {
  transports.get(this)?.created(data?.length ?? 0);
};

function onDisconnect(this: Socket): void {
  transports.get(this.conn)?.gone();
}
