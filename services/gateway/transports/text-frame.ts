const FINAL_TEXT = 0x81;
/** Lengths from here on stand in two further bytes, */
const MEDIUM = 126;
/** and from here on in eight. */
const LONG = 65_536;

/** A WebSocket frame that is a whole text message, as a server sends it (RFC 6455, 5.2: not masked). */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < MEDIUM ? 2 : length < LONG ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = FINAL_TEXT;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}
