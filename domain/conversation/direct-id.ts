import { derivedId } from "./derived-id.ts";

/** The id of the direct conversation of two users, so that two first sends at the same time make one conversation. */
export function directConversationId(one: string, other: string): string {
  return derivedId(one < other ? `${one}:${other}` : `${other}:${one}`);
}
