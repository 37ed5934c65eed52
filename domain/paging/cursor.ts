import { ValidationError } from "../../contracts/errors.ts";

/** A place in a list, opaque to clients: the sort key of the last item before it. */
function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** The sort key in `cursor`, of so many parts; undefined if there is no cursor, VALIDATION if it is not one. */
export function decodeCursor(cursor: string | undefined, parts: number): string[] | undefined {
  if (cursor === undefined) return undefined;
  const key = parsed(Buffer.from(cursor, "base64url").toString());
  const good = Array.isArray(key) && key.length === parts && key.every((part) => typeof part === "string" && isStorable(part));
  if (!good) throw ValidationError.at("cursor", "is not one that was given out");
  return key as string[];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Text that a database takes: no NUL, no lone surrogate. */
const isStorable = (part: string) => part.isWellFormed() && !part.includes("\0");

/** One page of `rows`, of which one more than `limit` was asked for to know whether there is a next. */
export function pageOf<Row, Item>(
  rows: Row[],
  limit: number,
  key: (row: Row) => readonly string[],
  item: (row: Row) => Item,
): { items: Item[]; nextCursor?: string } {
  const items = rows.slice(0, limit).map(item);
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(key(last)) } : { items };
}
