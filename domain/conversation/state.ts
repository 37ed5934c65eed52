import type { ConversationSettings, LoggedEntry, MemberEntry, MessageEntry, Role } from "../../contracts/entry.ts";
import type { ConversationType } from "../../contracts/shapes.ts";
import { blankMessage } from "./blank.ts";
import { type ChangeEntry, changedView, isChange, type MessageView } from "./message-view.ts";
import { Recent } from "./recent.ts";
import type { Interval, StoredEntry } from "./visibility.ts";

/** Where and as what a user is or was in the conversation. Never changed in place: a commit may still hold it. */
export interface Member {
  conversationId: string;
  userId: string;
  role: Role;
  intervals: Interval[];
  joinedAt: string;
  /** `seq` of the last `member` entry that counted. */
  asOf: number;
}

/** What stands beside a log, and the state is taken up from without reading it from the start. */
export interface ConversationRecord {
  conversationId: string;
  type: ConversationType;
  /** Changes only if the log was restored from a backup. */
  epoch: number;
  settings: ConversationSettings;
  createdAt: string;
  /** Everything up to and with this entry is in the snapshot, the members and the views. */
  snapSeq: number;
  /** `n` and time of the entry `snapSeq`. */
  snapN: number;
  snapAt: string;
  /** `seq` of the last `member` or `update` entry within `snapSeq`. */
  version: number;
  /** Entries up to and with this one are gone by retention. It never goes back, whatever is written. */
  floorSeq: number;
}

/** A message with what changes have made of it. */
export interface KnownMessage {
  entry: MessageEntry;
  view?: MessageView;
  hiddenFor?: string[];
}

/** What follows from an entry and is written with it. */
export interface Derived {
  members: Member[];
  views: MessageView[];
  blank?: { seqs: number[]; deletedAt: string };
  /** The snapshot should be written with it. */
  snapshot: boolean;
}

/** What is further back is asked of the store: each active conversation holds this in memory. */
const REMEMBERED = 32;
const SNAPSHOT_EVERY = 200;

const lastChange = (message: KnownMessage | null) => (message ? Math.max(message.entry.seq, message.view?.asOf ?? 0) : 0);

export const writeKey = (senderId: string, clientMsgId: string) => `${senderId} ${clientMsgId}`;

/** A conversation after a certain entry of its log; `apply` takes it one entry further. */
export class ConversationState {
  readonly conversationId: string;
  readonly type: ConversationType;
  readonly epoch: number;
  readonly createdAt: string;
  readonly floorSeq: number;
  readonly members = new Map<string, Member>();
  /** By `writeKey`. */
  readonly writes = new Recent<LoggedEntry>(REMEMBERED, (entry) => entry.seq);
  /** By id; null = there is no such message in this conversation. */
  readonly messages = new Recent<KnownMessage | null>(REMEMBERED, lastChange);
  settings: ConversationSettings;
  lastSeq: number;
  lastN: number;
  lastAt: string;
  /** `seq` of the last `member` or `update` entry. */
  version: number;
  #snapSeq: number;
  #present: readonly string[] | undefined;

  constructor(snapshot: ConversationRecord, members: Member[]) {
    this.conversationId = snapshot.conversationId;
    this.type = snapshot.type;
    this.epoch = snapshot.epoch;
    this.createdAt = snapshot.createdAt;
    this.floorSeq = snapshot.floorSeq;
    this.settings = snapshot.settings;
    this.lastSeq = snapshot.snapSeq;
    this.lastN = snapshot.snapN;
    this.lastAt = snapshot.snapAt;
    this.version = snapshot.version;
    this.#snapSeq = snapshot.snapSeq;
    for (const member of members) this.members.set(member.userId, member);
  }

  /** Who is in it now. The same array until that changes. */
  get present(): readonly string[] {
    return (this.#present ??= [...this.members.values()].filter(isPresent).map((member) => member.userId));
  }

  get ownerId(): string {
    for (const member of this.members.values()) if (member.role === "owner") return member.userId;
    return "";
  }

  /** Takes the next entry in. Rows that have it already (as they may in a replay) are left alone and not derived again. */
  apply({ entry, hiddenFor }: StoredEntry): Derived {
    this.lastSeq = entry.seq;
    this.lastN = entry.n;
    this.lastAt = entry.createdAt;
    if (entry.clientMsgId !== undefined) this.writes.set(writeKey(entry.senderId, entry.clientMsgId), entry);
    const derived: Derived = { members: [], views: [], snapshot: entry.seq - this.#snapSeq >= SNAPSHOT_EVERY };
    if (entry.kind === "message") this.messages.set(entry.id, { entry, hiddenFor });
    else if (entry.kind === "member") this.#applyMembers(entry, derived);
    else if (isChange(entry)) this.#applyChange(entry, derived);
    else {
      this.settings = { ...this.settings, ...entry.changes };
      this.version = entry.seq;
      derived.snapshot = true;
    }
    if (derived.snapshot) this.#snapSeq = entry.seq;
    return derived;
  }

  snapshot(): ConversationRecord {
    const { conversationId, type, epoch, settings, createdAt, version, floorSeq } = this;
    const snap = { snapSeq: this.lastSeq, snapN: this.lastN, snapAt: this.lastAt };
    return { conversationId, type, epoch, settings, createdAt, version, floorSeq, ...snap };
  }

  /** Lets go of what the store can answer for again. */
  trim(committedSeq: number): void {
    this.writes.trim(committedSeq);
    this.messages.trim(committedSeq);
  }

  #applyMembers(entry: MemberEntry, derived: Derived): void {
    this.version = entry.seq;
    const rows = entry.userIds.map((userId, i) => this.#memberAfter(userId, entry, i === 0));
    if (entry.op === "role" && entry.role === "owner") rows.push(this.#formerOwner(entry));
    for (const row of rows) {
      if (!row || row === this.members.get(row.userId)) continue;
      this.members.set(row.userId, row);
      derived.members.push(row);
    }
    this.#present = undefined;
  }

  #memberAfter(userId: string, entry: MemberEntry, first: boolean): Member | undefined {
    const before = this.members.get(userId);
    if (before && before.asOf >= entry.seq) return before;
    const { seq, createdAt, conversationId } = entry;
    switch (entry.op) {
      case "create":
      case "join":
      case "add": {
        const role = entry.op === "create" && first ? "owner" : "member";
        const intervals = [...(before?.intervals ?? []), { from: seq }];
        return { conversationId, userId, role, intervals, joinedAt: createdAt, asOf: seq };
      }
      case "role":
        return before && { ...before, role: entry.role ?? before.role, asOf: seq };
      default:
        return before && { ...before, role: "member", intervals: ended(before.intervals, seq), asOf: seq };
    }
  }

  #formerOwner({ seq, userIds }: MemberEntry): Member | undefined {
    const owner = this.members.get(this.ownerId);
    if (!owner || owner.asOf >= seq || userIds.includes(owner.userId)) return undefined;
    return { ...owner, role: "admin", asOf: seq };
  }

  #applyChange(entry: ChangeEntry, derived: Derived): void {
    const message = this.messages.get(entry.target);
    if (!message) return;
    const view = changedView(message.view, message.entry.seq, entry);
    // A view may be written before what it deletes is emptied.
    const gone = entry.kind === "delete" && message.entry.deletedAt === undefined;
    if (view === message.view && !gone) return;
    this.messages.set(entry.target, {
      ...message,
      view,
      entry: gone ? this.#blanked(message.entry, entry.createdAt) : message.entry,
    });
    if (view !== message.view) derived.views.push(view);
    if (gone) derived.blank = { seqs: [view.seq, ...view.edits], deletedAt: entry.createdAt };
  }

  #blanked(entry: MessageEntry, deletedAt: string): MessageEntry {
    const blank = blankMessage(entry, deletedAt);
    const key = writeKey(entry.senderId, entry.clientMsgId ?? "");
    if (this.writes.get(key)?.id === entry.id) this.writes.set(key, blank);
    return blank;
  }
}

export function isPresent({ intervals }: Member): boolean {
  return intervals.at(-1)?.to === undefined;
}

export function covers({ intervals }: Member, seq: number): boolean {
  return intervals.some(({ from, to = Number.POSITIVE_INFINITY }) => from <= seq && seq <= to);
}

function ended(intervals: Interval[], seq: number): Interval[] {
  const last = intervals.at(-1);
  return last && last.to === undefined ? [...intervals.slice(0, -1), { ...last, to: seq }] : intervals;
}
