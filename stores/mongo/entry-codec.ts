import type { LoggedEntry, MessageEntry } from "../../contracts/entry.ts";
import type { StoredEntry } from "../message-log.ts";
import type { EntryDocument } from "./documents.ts";

export function writeKey(conversationId: string, senderId: string, clientMsgId: string): string {
  return `${conversationId} ${senderId} ${clientMsgId}`;
}

/** The fields that are kept otherwise than they are given. */
type Recoded = Partial<Pick<MessageEntry, "metadata" | "mentions" | "expiresAt" | "deletedAt">>;

export function encodeEntry({ entry, hiddenFor }: StoredEntry): EntryDocument {
  const { id, conversationId, senderId, clientMsgId, createdAt, ...rest } = entry;
  const { metadata, expiresAt, deletedAt, ...body } = rest as typeof rest & Recoded;
  const due = deletedAt === undefined ? expiresAt : undefined;
  return {
    _id: id,
    conversationId,
    senderId,
    ...(clientMsgId !== undefined && { clientMsgId, writeKey: writeKey(conversationId, senderId, clientMsgId) }),
    createdAt: new Date(createdAt),
    ...body,
    ...(metadata && { metadata: JSON.stringify(metadata) }),
    ...(expiresAt && { expiresAt: new Date(expiresAt) }),
    ...(deletedAt && { deletedAt: new Date(deletedAt) }),
    ...(due && { dueAt: new Date(due) }),
    ...(hiddenFor?.length && { hiddenFor }),
  };
}

export function decodeEntry({ _id, writeKey: _, dueAt: __, hiddenFor, ...kept }: EntryDocument): StoredEntry {
  const { createdAt, metadata, expiresAt, deletedAt, ...body } = kept;
  const entry = {
    id: _id,
    ...body,
    createdAt: createdAt.toISOString(),
    ...(metadata !== undefined && { metadata: JSON.parse(metadata) as unknown }),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(deletedAt && { deletedAt: deletedAt.toISOString() }),
  } as LoggedEntry;
  return hiddenFor ? { entry, hiddenFor } : { entry };
}
