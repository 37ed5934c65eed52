/** An id as the log keeps it: a UUID in its usual form as 16 bytes, anything else as it is. */
export type PackedId = string | Uint8Array;

/** Where the two digits of each byte begin. */
const BYTES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const LENGTH = 36;
const DASH = "-";

const digits = new Int8Array(128).fill(-1);
for (const [value, digit] of [..."0123456789abcdef"].entries()) digits[digit.charCodeAt(0)] = value;

export function packId(id: string): PackedId {
  if (id.length !== LENGTH || id[8] !== DASH || id[13] !== DASH || id[18] !== DASH || id[23] !== DASH) return id;
  const packed = new Uint8Array(BYTES.length);
  for (let i = 0; i < BYTES.length; i++) {
    const at = BYTES[i] ?? 0;
    const byte = (digitAt(id, at) << 4) | digitAt(id, at + 1);
    if (byte < 0) return id;
    packed[i] = byte;
  }
  return packed;
}

export function unpackId(packed: PackedId): string {
  if (typeof packed === "string") return packed;
  const hex = Buffer.from(packed.buffer, packed.byteOffset, packed.length).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Below zero if it is none. */
const digitAt = (text: string, at: number) => digits[text.charCodeAt(at)] ?? -1;
