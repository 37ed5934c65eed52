import { BSON, type Document } from "mongodb";

/** The one opcode by which drivers and servers talk, once they have met. */
const OP_MSG = 2013;
const HEADER = 16;

/** A message as it came: a header, and what its opcode says. */
export interface WireMessage {
  requestId: number;
  bytes: Buffer;
  /** What an OP_MSG carries, document sequences put in their places; undefined for other opcodes. */
  document?: Document;
}

/** Cuts a stream of bytes into messages. */
export class WireReader {
  #rest = Buffer.alloc(0);

  read(chunk: Buffer): WireMessage[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: WireMessage[] = [];
    while (this.#rest.length >= HEADER && this.#rest.length >= this.#rest.readInt32LE(0)) {
      const length = this.#rest.readInt32LE(0);
      messages.push(decode(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
    return messages;
  }
}

function decode(bytes: Buffer): WireMessage {
  const requestId = bytes.readInt32LE(4);
  return bytes.readInt32LE(12) === OP_MSG ? { requestId, bytes, document: body(bytes) } : { requestId, bytes };
}

/** Numbers of 64 bits stay what they are: cursors have such ids. */
const parse = (bytes: Buffer): Document => BSON.deserialize(bytes, { promoteLongs: false });

function body(bytes: Buffer): Document {
  const whole: Document = {};
  for (let at = HEADER + 4; at < bytes.length; ) {
    const kind = bytes[at++];
    const end = at + bytes.readInt32LE(at);
    if (kind === 0) Object.assign(whole, parse(bytes.subarray(at, end)));
    else Object.assign(whole, sequence(bytes.subarray(at + 4, end)));
    at = end;
  }
  return whole;
}

/** A name and the documents of that name. */
function sequence(bytes: Buffer): Document {
  const nameEnd = bytes.indexOf(0);
  const documents: Document[] = [];
  for (let at = nameEnd + 1; at < bytes.length; at += bytes.readInt32LE(at)) {
    documents.push(parse(bytes.subarray(at, at + bytes.readInt32LE(at))));
  }
  return { [bytes.toString("utf8", 0, nameEnd)]: documents };
}

export function encodeMessage(document: Document, requestId: number, responseTo = 0): Buffer {
  const bson = BSON.serialize(document, { ignoreUndefined: true });
  const head = Buffer.alloc(HEADER + 5);
  for (const [i, value] of [head.length + bson.length, requestId, responseTo, OP_MSG].entries()) head.writeInt32LE(value, 4 * i);
  return Buffer.concat([head, bson]);
}
