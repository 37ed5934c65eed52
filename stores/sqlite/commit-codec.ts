import type { LoggedEntry, Role } from "../../contracts/entry.ts";
import type { ConversationType } from "../../contracts/shapes.ts";
import type { Commit, ConversationRecord, Interval, Member, MessageView, StoredEntry } from "../message-log.ts";
import type { EncodedCommit, EncodedDerived, EntryRow, MemberRowValues, MentionRow, RecordRow, ViewRow } from "./commands.ts";
import { type PackedId, unpackId } from "./packed-id.ts";

/** In the place of a user's id in `mentions`: everybody. No id is empty. */
export const ALL = "";

export const millis = (timestamp: string): number => Date.parse(timestamp);
export const timestamp = (ms: number): string => new Date(ms).toISOString();

export function encodeCommit(commit: Commit): EncodedCommit {
  return [commit.conversationId, commit.entries.map(encodeEntry), encodeDerived(commit)];
}

function encodeDerived({ entries, record, members = [], views = [], activeOn, blank }: Commit): EncodedDerived | null {
  const mentions = entries.flatMap(encodeMentions);
  const rows = mentions.length + members.length + views.length;
  if (rows === 0 && !record && activeOn === undefined && !blank) return null;
  return {
    mentions,
    members: members.map(encodeMember),
    views: views.map(encodeView),
    ...(record && { record: encodeRecord(record) }),
    ...(activeOn !== undefined && { activeOn }),
    ...(blank && { blank: { seqs: blank.seqs, deletedAt: millis(blank.deletedAt) } }),
  };
}

/** About how many bytes it takes in the queue. */
export function weigh([, entries, derived]: EncodedCommit): number {
  let bytes = 256;
  for (const entry of entries) bytes += 256 + entry[10].length;
  if (!derived) return bytes;
  for (const view of derived.views) bytes += 64 + view[2].length;
  return bytes + 128 * (derived.members.length + derived.mentions.length) + (derived.record?.[2].length ?? 0);
}

function encodeEntry({ entry, hiddenFor }: StoredEntry): EntryRow {
  const { conversationId: _, seq, n, id, kind, senderId, clientMsgId, createdAt, ...rest } = entry;
  const { expiresAt, deletedAt, ...body } = rest as { expiresAt?: string; deletedAt?: string };
  return [
    seq,
    n,
    id,
    kind,
    senderId,
    clientMsgId ?? null,
    millis(createdAt),
    expiresAt ? millis(expiresAt) : null,
    deletedAt ? millis(deletedAt) : null,
    hiddenFor?.length ? JSON.stringify(hiddenFor) : null,
    JSON.stringify(body),
  ];
}

export interface EntryColumns {
  seq: number;
  n: number;
  id: PackedId;
  kind: string;
  sender: PackedId;
  client_msg_id: PackedId | null;
  created_at: number;
  expires_at: number | null;
  deleted_at: number | null;
  hidden_for: string | null;
  body: string;
}

export function decodeEntry(conversationId: string, row: EntryColumns): StoredEntry {
  const entry = {
    conversationId,
    seq: row.seq,
    id: unpackId(row.id),
    kind: row.kind,
    senderId: unpackId(row.sender),
    ...(row.client_msg_id !== null && { clientMsgId: unpackId(row.client_msg_id) }),
    createdAt: timestamp(row.created_at),
    n: row.n,
    ...(JSON.parse(row.body) as object),
    ...(row.expires_at !== null && { expiresAt: timestamp(row.expires_at) }),
    ...(row.deleted_at !== null && { deletedAt: timestamp(row.deleted_at) }),
  } as LoggedEntry;
  return row.hidden_for === null ? { entry } : { entry, hiddenFor: JSON.parse(row.hidden_for) as string[] };
}

function encodeMentions({ entry }: StoredEntry): MentionRow[] {
  if (entry.kind !== "message" || !entry.mentions) return [];
  const users = entry.mentions === "all" ? [ALL] : entry.mentions;
  return users.map((user) => [user, entry.seq, entry.senderId]);
}

function encodeMember(member: Member): MemberRowValues {
  const { userId, role, intervals, joinedAt, asOf } = member;
  const present = intervals.some(({ to }) => to === undefined) ? 1 : 0;
  return [userId, role, JSON.stringify(intervals), millis(joinedAt), asOf, present];
}

export interface MemberColumns {
  user: string;
  role: string;
  intervals: string;
  joined_at: number;
  as_of: number;
}

export function decodeMember(conversationId: string, row: MemberColumns): Member {
  return {
    conversationId,
    userId: row.user,
    role: row.role as Role,
    intervals: JSON.parse(row.intervals) as Interval[],
    joinedAt: timestamp(row.joined_at),
    asOf: row.as_of,
  };
}

function encodeView({ conversationId: _, seq, asOf, ...body }: MessageView): ViewRow {
  return [seq, asOf, JSON.stringify(body)];
}

export interface ViewColumns {
  seq: number;
  as_of: number;
  body: string;
}

export function decodeView(conversationId: string, row: ViewColumns): MessageView {
  const body = JSON.parse(row.body) as Omit<MessageView, "conversationId" | "seq" | "asOf">;
  return { conversationId, seq: row.seq, asOf: row.as_of, ...body };
}

function encodeRecord(record: ConversationRecord): RecordRow {
  return [
    record.type,
    record.epoch,
    JSON.stringify(record.settings),
    millis(record.createdAt),
    record.snapSeq,
    record.snapN,
    millis(record.snapAt),
    record.version,
    record.floorSeq,
  ];
}

export interface RecordColumns {
  type: string;
  epoch: number;
  settings: string;
  created_at: number;
  snap_seq: number;
  snap_n: number;
  snap_at: number;
  version: number;
  floor_seq: number;
}

export function decodeRecord(conversationId: string, row: RecordColumns): ConversationRecord {
  return {
    conversationId,
    type: row.type as ConversationType,
    epoch: row.epoch,
    settings: JSON.parse(row.settings) as ConversationRecord["settings"],
    createdAt: timestamp(row.created_at),
    snapSeq: row.snap_seq,
    snapN: row.snap_n,
    snapAt: timestamp(row.snap_at),
    version: row.version,
    floorSeq: row.floor_seq,
  };
}
