import { z } from "zod";
import { ValidationError } from "../../contracts/errors.ts";
import { id, seq } from "../../contracts/text.ts";

/**
 * What an opaque `sync` cursor says: up to where the holder has stored some conversations, and the user's
 * changes. It is the whole truth about itself, the server keeps nothing of it.
 */
export interface SyncCursor {
  positions: ReadonlyMap<string, number>;
  /** Number of the last user change before it; 0 says nothing of them. */
  changes: number;
}

const VERSION = 1;
const encoded = z.tuple([z.literal(VERSION), seq, z.array(z.tuple([id, seq]))]);

/** Equal cursors, with their positions in equal order, are equal texts. */
export function encodeSyncCursor({ positions, changes }: SyncCursor): string {
  return Buffer.from(JSON.stringify([VERSION, changes, [...positions]])).toString("base64url");
}

/** VALIDATION for anything that `encodeSyncCursor` did not make. */
export function decodeSyncCursor(cursor: string): SyncCursor {
  const parsed = encoded.safeParse(parse(cursor));
  if (!parsed.success) throw ValidationError.at("cursor", "is not a cursor of this server");
  const [, changes, positions] = parsed.data;
  return { changes, positions: new Map(positions) };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
