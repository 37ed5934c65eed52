import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import type { Config } from "../../../config.ts";
import { type CloseReason, closeCodes } from "../../../contracts/close-codes.ts";
import { toChatError, ValidationError } from "../../../contracts/errors.ts";
import type { VerifiedToken } from "../../../contracts/services/auth.ts";
import type { EncodedFrame } from "../sessions/encoded-frame.ts";
import type { Answer, Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Transport } from "../sessions/transport.ts";
import type { UpgradeHandler } from "./connections.ts";
import type { Corks } from "./corks.ts";
import { FrameStream } from "./frame-stream.ts";
import { closeReasonOf } from "./refusal.ts";
import { textFrame } from "./text-frame.ts";

/** The sub-protocol of the contract, before the token. */
const CHAT = "chat.v1";
/** RFC 6455: a message too big to process. */
const TOO_BIG = 1009;

/** Plain WebSocket at `/ws`: requests `{ id, event, data }` up, answers and `{ event, data }` down. */
export function webSocketUpgrade(sessions: Sessions, corks: Corks, { frameBytes }: Config): UpgradeHandler {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: frameBytes,
    perMessageDeflate: false,
    // Checked here, so that bad text is answered like any other bad input.
    skipUTF8Validation: true,
    WebSocket: ChatSocket,
    handleProtocols: (offered) => offered.has(CHAT) && CHAT,
  });
  return (req, socket, head) => void upgrade({ server, sessions, corks }, req, socket, head);
}

/** The protocol library closes a frame that is too large with a code of its own; ours is in the table. */
class ChatSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    const { frameTooLarge } = closeCodes;
    if (code === TOO_BIG) super.close(frameTooLarge.code, frameTooLarge.reason);
    else super.close(code, reason);
  }
}

interface Parts {
  server: WebSocketServer;
  sessions: Sessions;
  corks: Corks;
}

async function upgrade({ server, sessions, corks }: Parts, req: IncomingMessage, socket: Duplex, head: Buffer) {
  const admitted = await sessions
    .admit(tokenOf(req))
    .catch((thrown: unknown) => closeReasonOf(toChatError(thrown), sessions.isDraining));
  // The answer to the upgrade goes out with the session's first frame.
  corks.hold(socket);
  server.handleUpgrade(req, socket, head, (webSocket) => {
    webSocket.on("error", ignore);
    if (typeof admitted === "string") closeWith(webSocket, admitted);
    else new WebSocketTransport(webSocket, new FrameStream(webSocket, socket, corks)).begin(sessions, admitted);
  });
}

/** What went wrong is told by the close code. */
const ignore = () => undefined;

function tokenOf({ url = "", headers }: IncomingMessage): string | undefined {
  const inQuery = new URLSearchParams(url.split("?")[1]).get("token");
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  return inQuery ?? offered.find((name) => name !== "" && name !== CHAT);
}

function closeWith(webSocket: WebSocket, reason: CloseReason): void {
  webSocket.close(closeCodes[reason].code, closeCodes[reason].reason);
}

class WebSocketTransport implements Transport {
  readonly protocol = "websocket";
  readonly #webSocket: WebSocket;
  readonly #stream: FrameStream;

  constructor(webSocket: WebSocket, stream: FrameStream) {
    this.#webSocket = webSocket;
    this.#stream = stream;
  }

  begin(sessions: Sessions, token: VerifiedToken): void {
    const session = sessions.open(this, token);
    this.#webSocket.on("message", (data, isBinary) => this.#receive(session, data, isBinary));
    this.#webSocket.on("pong", () => session.heard());
    this.#webSocket.on("close", () => session.gone());
  }

  send(frame: EncodedFrame, sent?: () => void): void {
    this.#stream.write(frame.webSocket, sent, frame.atOnce);
  }

  ping(): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.ping();
  }

  close(reason: CloseReason): void {
    closeWith(this.#webSocket, reason);
  }

  bufferedBytes(): number {
    return this.#stream.bufferedBytes();
  }

  answerBytes(): number {
    return this.#stream.answerBytes();
  }

  #receive(session: Session, data: RawData, isBinary: boolean): void {
    session.heard();
    if (!session.hasRoom()) return;
    const request = isBinary ? undefined : parsed(data as Buffer);
    if (!request) this.#answer(null, notAFrame);
    else if (!isId(request.id)) this.#answer(null, badId);
    else void this.#request(session, request, request.id);
  }

  async #request(session: Session, { event, data }: Request, id: string | number): Promise<void> {
    this.#answer(id, await session.receive(event, data));
  }

  #answer(id: string | number | null, answer: Answer): void {
    this.#stream.answer(textFrame(JSON.stringify({ id, ...answer })));
  }
}

interface Request {
  id?: unknown;
  event?: unknown;
  data?: unknown;
}

/** The JSON object in a text frame. */
function parsed(data: Buffer): Request | undefined {
  if (!isUtf8(data)) return undefined;
  try {
    const value: unknown = JSON.parse(data.toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isId = (id: unknown): id is string | number => (typeof id === "string" && id.length <= 128) || Number.isFinite(id);

const refused = (error: ValidationError): Answer => ({ ok: false, error: error.toSocket() });
const notAFrame = refused(ValidationError.at("", "a frame is a JSON object in a text message"));
const badId = refused(ValidationError.at("id", "must be a string or a number"));
