import { createHash } from "node:crypto";

/**
 * The id of the direct conversation of two users: the same whoever asks, so that two first sends at the same
 * time make one conversation. SHA-256 of the sorted pair, shaped as a UUID of version 8.
 */
export function directConversationId(one: string, other: string): string {
  const pair = one < other ? `${one}:${other}` : `${other}:${one}`;
  const bytes = createHash("sha256").update(pair).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
