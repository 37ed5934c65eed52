/**
 * What the main thread asks of the writer thread: arrays of plain values, because each crosses by structured clone, which
 * takes three times as long over objects. Times are milliseconds.
 */
export interface Commands {
  commit: { params: EncodedCommit; returns: null };
  expire: { params: { now: number; limit: number }; returns: number };
  prune: { params: { conversationId: string; limit: number }; returns: number };
  unmark: { params: { incarnation: string; conversationIds: string[] }; returns: null };
  cursors: { params: { users: UserCursorRow[]; devices: DeviceCursorRow[] }; returns: null };
  forgetDevice: { params: { deviceId: string }; returns: null };
  settings: { params: { userId: string; conversationId: string; patch: SettingsPatch }; returns: SettingsRow };
  hide: { params: { userId: string; conversationId: string; seq: number }; returns: boolean };
  record: { params: { userId: string; change: string }; returns: number };
  ping: { params: null; returns: null };
}

export type CommandName = keyof Commands;
export type Params<N extends CommandName> = Commands[N]["params"];
export type Returns<N extends CommandName> = Commands[N]["returns"];
export type Command<N extends CommandName = CommandName> = { [K in N]: [name: K, params: Params<K>] }[N];
export type Handlers = { [K in CommandName]: (params: Params<K>) => Returns<K> };

export type EntryRow = [
  seq: number,
  n: number,
  id: string,
  kind: string,
  sender: string,
  clientMsgId: string | null,
  createdAt: number,
  expiresAt: number | null,
  deletedAt: number | null,
  hiddenFor: string | null,
  body: string,
];
export type MentionRow = [user: string, seq: number, sender: string];
export type RecordRow = [
  type: string,
  epoch: number,
  settings: string,
  createdAt: number,
  snapSeq: number,
  snapN: number,
  snapAt: number,
  version: number,
  floorSeq: number,
];
export type MemberRowValues = [user: string, role: string, intervals: string, joinedAt: number, asOf: number, present: number];
export type ViewRow = [seq: number, asOf: number, body: string];

/** Most commits are nothing but entries. */
export type EncodedCommit = [conversationId: string, entries: EntryRow[], derived: EncodedDerived | null];

/** What a commit writes beside its entries. */
export interface EncodedDerived {
  mentions: MentionRow[];
  record?: RecordRow;
  members: MemberRowValues[];
  views: ViewRow[];
  activeOn?: string;
  blank?: { seqs: number[]; deletedAt: number };
}

export type UserCursorRow = [
  conversationId: string,
  user: string,
  deliveredSeq: number,
  readSeq: number,
  readN: number,
  deliveredSteps: string,
  readSteps: string,
];
export type DeviceCursorRow = [device: string, conversationId: string, seq: number];

/** null: as it was. An empty draft removes it. */
export interface SettingsPatch {
  muted: number | null;
  pinned: number | null;
  archived: number | null;
  draft: string | null;
}
export interface SettingsRow {
  muted: number;
  pinned: number;
  archived: number;
  draft: string | null;
}

export type RefusalReason = "seq" | "clientMsgId" | "refused";

/** What became of one command; null: it is done and has no more to say. */
export type Outcome = { value: Returns<CommandName> } | { refused: RefusalReason; detail: string } | null;

/** What became of a batch: of each command in order, or that nobody can tell. */
export type Answer = { outcomes: Outcome[] } | { unknown: string };

/** From the main thread to the writer: a batch for one transaction, or the end. */
export type Order = Command[] | "close";
