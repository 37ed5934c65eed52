import type { Attachment, ConversationSettings, LoggedEntry, Role } from "../../contracts/entry.ts";
import type { ConversationType } from "../../contracts/shapes.ts";
import type { Interval } from "../message-log.ts";
import type { NumberedChange, ParticipantSettings } from "../participation.ts";

/** Values of a message or an edit that its author wrote; emptying takes them away. */
interface Written {
  content?: string;
  /** JSON: what people put there need not be a document of BSON. */
  metadata?: string;
  mentions?: "all" | string[];
}

/** One entry of a log. What its kind adds stands beside what all have. */
export interface EntryDocument extends Written {
  /** The entry's id. */
  _id: string;
  conversationId: string;
  seq: number;
  n: number;
  kind: LoggedEntry["kind"];
  senderId: string;
  clientMsgId?: string;
  /** conversationId, senderId and clientMsgId; absent where there is no clientMsgId. */
  writeKey?: string;
  createdAt: Date;
  expiresAt?: Date;
  /** `expiresAt` of a message that is still to be emptied. */
  dueAt?: Date;
  deletedAt?: Date;
  hiddenFor?: string[];
  attachments?: Attachment[];
  /** Id of the message that an edit, a deletion, a reaction or a pin is about. */
  target?: string;
}

/** A message as changes have left it. */
export interface ViewDocument extends Written {
  conversationId: string;
  seq: number;
  asOf: number;
  editedAt?: string;
  deletedAt?: string;
  pinned?: boolean;
  reactions: { emoji: string; userIds: string[] }[];
  edits: number[];
}

/** What stands beside a log. */
export interface RecordDocument {
  /** The conversation's id. */
  _id: string;
  type: ConversationType;
  epoch: number;
  settings: ConversationSettings;
  createdAt: Date;
  snapSeq: number;
  snapN: number;
  snapAt: Date;
  version: number;
  floorSeq: number;
  /** `createdAt` of the first entry above the floor. */
  oldestAt?: Date;
  /** Node incarnation. */
  activeOn?: string;
  /** Written before the entry that makes the conversation: there is none until that is there. */
  founding?: true;
}

/** JSON of a list of CursorStep: the store never looks into it, and a list of documents is more work for both sides. */
export type StepsText = string;

/** A user in a conversation: the membership, which the log derives, and how far the user has got. */
export interface ParticipantDocument {
  conversationId: string;
  userId: string;
  member?: {
    asOf: number;
    role: Role;
    intervals: Interval[];
    joinedAt: Date;
    present: boolean;
    /** Time of the entry by which one who is not present left. */
    leftAt?: Date;
  };
  /** The order of the fields counts: the greater cursor is the one with the greater `seq`. */
  delivered?: { seq: number; steps: StepsText };
  read?: { seq: number; n: number; steps: StepsText };
}

export interface SettingsDocument extends ParticipantSettings {
  userId: string;
  conversationId: string;
}

export interface DeviceCursorDocument {
  deviceId: string;
  conversationId: string;
  seq: number;
}

export interface HiddenDocument {
  userId: string;
  conversationId: string;
  seq: number;
}

export interface ChangeDocument {
  userId: string;
  changeSeq: number;
  change: NumberedChange["change"];
}

/** What each collection holds. */
export interface Documents {
  entries: EntryDocument;
  views: ViewDocument;
  records: RecordDocument;
  participants: ParticipantDocument;
  deviceCursors: DeviceCursorDocument;
  settings: SettingsDocument;
  hidden: HiddenDocument;
  changes: ChangeDocument;
}
export type CollectionName = keyof Documents;
