/** Types of packets, the first character of each. */
const connect = "0";
const disconnect = "1";
const event = "2";
const acknowledgement = "3";
const binaryEvent = "5";
const binaryAcknowledgement = "6";

/** Attachments of one packet, as many as Socket.IO itself takes. */
const MOST_ATTACHMENTS = 10;

/** A client's event. */
export interface SocketIoRequest {
  event: unknown;
  data: unknown;
  /** What the answer is to be marked with; none = it wants no answer. */
  id: string;
}

export const isRequest = (packet: unknown): packet is string =>
  typeof packet === "string" && (packet[0] === event || packet[0] === binaryEvent);

/** Between the type and the arguments: how many attachments, the namespace `/` if it is named, the id. */
const requestHead = /^(?:\d+-)?(?:\/,)?(\d*)$/;

/** Undefined: it is none, or not of the namespace `/`. */
export function requestIn(packet: string): SocketIoRequest | undefined {
  const start = packet.indexOf("[");
  const head = requestHead.exec(packet.slice(1, start));
  const args = head && parsed(packet.slice(start));
  return Array.isArray(args) ? { event: args[0], data: args[1], id: head?.[1] ?? "" } : undefined;
}

/** An answer is an acknowledgement with one argument. */
export const answerPacket = (id: string, answer: unknown): string => `${acknowledgement}${id}[${JSON.stringify(answer)}]`;

/** What the library itself has to do with: joining and leaving a namespace. */
interface ControlPacket {
  type: number;
  nsp: string;
  data?: unknown;
}

type Decoded = (packet: ControlPacket) => void;

/**
 * Reads packets for the library. It is shown requests only in passing, as the transport has read them already, and has
 * asked for no acknowledgements. It throws if a packet is none, and the library closes the connection.
 */
class ControlDecoder {
  #decoded: Decoded | undefined;
  /** That are still to come. They belong to a request, and nobody wants them. */
  #attachments = 0;

  /** The library listens to `decoded`. */
  on(_event: "decoded", decoded: Decoded): void {
    this.#decoded = decoded;
  }

  removeListener(): void {
    this.#decoded = undefined;
  }

  destroy(): void {}

  add(packet: string | Buffer): void {
    if ((typeof packet === "string") === this.#attachments > 0) throw new Error("text and attachments in disorder");
    if (typeof packet !== "string") this.#attachments--;
    else if (packet[0] === connect || packet[0] === disconnect) this.#decoded?.(controlPacket(packet));
    else if (packet[0] === binaryEvent || packet[0] === binaryAcknowledgement) this.#attachments = attachmentsOf(packet);
    else if (packet[0] !== event && packet[0] !== acknowledgement) throw new Error("not a packet of a client");
  }
}

/** Writes packets for the library: accepting, refusing and ending a namespace. */
class ControlEncoder {
  encode({ type, nsp, data }: ControlPacket): string[] {
    return [`${type}${nsp === "/" ? "" : `${nsp},`}${data === undefined ? "" : JSON.stringify(data)}`];
  }
}

/** Socket.IO's protocol, revision 5, for the library's option of that name: without what the transport does itself. */
export const controlPackets = { Encoder: ControlEncoder, Decoder: ControlDecoder };

/** `0{…}`, `0/namespace,{…}`, `1`, `1/namespace,` */
function controlPacket(packet: string): ControlPacket {
  const [, type, nsp = "/", json] = /^(\d)(?:(\/[^,]*),?)?(.*)$/s.exec(packet) ?? [];
  const data = json ? parsed(json) : undefined;
  const fits = !json || (type === connect && isObject(data));
  if (!fits) throw new Error("not a packet");
  return { type: Number(type), nsp, data };
}

function attachmentsOf(packet: string): number {
  const count = Number(/^\d(\d+)-/.exec(packet)?.[1]);
  if (!(count > 0 && count <= MOST_ATTACHMENTS)) throw new Error("not a number of attachments");
  return count;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
