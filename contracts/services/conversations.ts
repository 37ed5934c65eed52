import type {
  ChangeAnswer,
  ConversationSettings,
  CurrentMessage,
  Entry,
  LoggedEntry,
  Mentions,
  Metadata,
  Role,
} from "../entry.ts";
import type { Conversation, ConversationPatch, ConversationType, ReceiptDetail } from "../shapes.ts";
import type { OutgoingMessage, SendAnswer, SyncAnswer, SyncRequest } from "../socket-events.ts";
import type { Viewer } from "../viewer.ts";
import type { Backlog, Moved, Reached } from "./offline.ts";

export type MessageChange =
  | { op: "edit"; content: string; metadata?: Metadata; mentions?: Mentions; clientMsgId?: string }
  | { op: "delete" }
  | { op: "react"; emoji: string; remove: boolean }
  | { op: "pin"; remove: boolean };

export type MembershipChange =
  | { op: "add"; userIds: string[] }
  | { op: "remove"; userId: string }
  | { op: "leave" }
  | { op: "role"; userId: string; role: Role };

export interface MemberRef {
  userId: string;
  role: Role;
  joinedAt: string;
}

/** The shared state of a group, as its log has it. */
export interface GroupState {
  conversationId: string;
  type: ConversationType;
  settings: ConversationSettings;
  ownerId: string;
  memberCount: number;
  createdAt: string;
  /** `seq` of the last `member` or `update` entry: the version of what stands here. */
  version: number;
  /** The viewer's own role, when a viewer asked. */
  myRole?: Role;
}

export interface HistoryPage {
  items: CurrentMessage[];
  hasMoreBefore: boolean;
  hasMoreAfter: boolean;
  asOf: number;
}

/**
 * Actions marked (actor) run as a turn of the conversation's actor: serial, and answered only after the
 * commit of whatever they saw. Every one of them answers NOT_FOUND to who was never a member, and FORBIDDEN
 * to who is one no more, if it writes.
 */
export interface ConversationsActions {
  /** (actor) `peerId` makes the direct conversation with that user if it is not there yet. */
  "conversations.append": {
    params: { conversationId: string; viewer: Viewer; message: OutgoingMessage; peerId?: string };
    returns: SendAnswer;
  };
  /** (actor) */
  "conversations.change": {
    params: { conversationId: string; viewer: Viewer; messageId: string; change: MessageChange };
    returns: ChangeAnswer;
  };
  /** (actor) Hides the message from the viewer alone, on all the viewer's devices. */
  "conversations.hide": { params: { conversationId: string; viewer: Viewer; messageId: string }; returns: ChangeAnswer };
  /** Where a message is; NOT_FOUND. Says nothing of who may see it. */
  "conversations.locate": { params: { messageId: string }; returns: { conversationId: string; seq: number } };

  /** (actor) */
  "conversations.openDirect": {
    params: { conversationId: string; viewer: Viewer; peerId: string };
    returns: { conversation: Conversation; created: boolean };
  };
  /** (actor) The creator is the owner; `memberIds` need not name the creator. */
  "conversations.createGroup": {
    params: { conversationId: string; viewer: Viewer; type: "group"; settings: ConversationSettings; memberIds: string[] };
    returns: { group: GroupState; conversation: Conversation };
  };
  /** (actor) A change that changes nothing answers the existing `seq`. */
  "conversations.membership": {
    params: { conversationId: string; viewer: Viewer; change: MembershipChange };
    returns: ChangeAnswer;
  };
  /** (actor) */
  "conversations.update": {
    params: { conversationId: string; viewer: Viewer; changes: ConversationSettings };
    returns: GroupState;
  };
  /** (actor) For services without a viewer: NOT_FOUND only if there is no such group. */
  "conversations.group": { params: { conversationId: string; viewer?: Viewer }; returns: GroupState };
  /** (actor) Present members, owner first, then by when they joined: `limits.membersPage` of them, or the last. */
  "conversations.members": { params: { conversationId: string; viewer?: Viewer; from?: number }; returns: MemberRef[] };

  /**
   * (actor) For gateways: who is a member now, each with the `seq` of the entry that brought it in; `version` is that
   * of the group. All of them, in parts that begin at `from`, or of `among` those who are members.
   */
  "conversations.present": {
    params: { conversationId: string; from?: number; among?: string[] };
    returns: { version: number; members: [userId: string, since: number][]; next?: number };
  };

  /** (actor) "I have stored / read everything up to `seq`." Above the log's end is VALIDATION. */
  "conversations.cursor": {
    params: { conversationId: string; viewer: Viewer; kind: "delivered" | "read"; seq: number };
    returns: void;
  };
  /** (actor) */
  "conversations.typing": { params: { conversationId: string; viewer: Viewer; state: "start" | "stop" }; returns: void };
  /** (actor) What does not fit into one answer is behind `nextCursor`; the counts are of all. */
  "conversations.receipts": {
    params: { conversationId: string; viewer: Viewer; messageId: string; cursor?: string };
    returns: { items: ReceiptDetail[]; nextCursor?: string; delivered: number; read: number; total: number };
  };

  "conversations.list": {
    params: { viewer: Viewer; limit: number; cursor?: string };
    returns: { items: Conversation[]; nextCursor?: string };
  };
  "conversations.get": { params: { conversationId: string; viewer: Viewer }; returns: Conversation };
  "conversations.patch": {
    params: { conversationId: string; viewer: Viewer; patch: ConversationPatch };
    returns: Conversation;
  };
  "conversations.history": {
    params: { conversationId: string; viewer: Viewer; before?: number; after?: number; around?: number; limit: number };
    returns: HistoryPage;
  };
  /** Raw entries as the viewer may see them, `hidden` runs included, ascending from `after` + 1. */
  "conversations.entries": {
    params: { conversationId: string; viewer: Viewer; after: number; limit: number; epoch?: number };
    returns: { items: Entry[]; lastSeq: number; epoch: number };
  };
  /** Of one node, for good: what is under way is finished, all actors let go, and turns that come have moved. */
  "conversations.drain": { params: Record<string, never>; returns: void };
  "conversations.sync": { params: { viewer: Viewer; request: SyncRequest }; returns: SyncAnswer };
  /**
   * What changed for the viewer after this number, the first 500, and where those conversations end that moved after
   * `since` (milliseconds). Acknowledges nothing.
   */
  "conversations.changes": { params: { viewer: Viewer; after: number; since: number }; returns: Moved };
  "conversations.backlog": { params: { viewer: Viewer; limit: number; from?: Reached }; returns: Backlog };
  /**
   * Where each of the user's conversations ends for that user: `{ conversationId: lastSeq }`. `since`: only those that
   * moved after this time (milliseconds).
   */
  "conversations.heads": { params: { userId: string; since?: number }; returns: Record<string, number> };
  /** A device that logs in for the first time starts at the present end of each conversation. */
  "conversations.enrolDevice": { params: { userId: string; deviceId: string }; returns: void };
  /** Forgets the cursors of a device that logged out or was revoked: on all nodes, unless it says `here`. */
  "conversations.forgetDevice": { params: { userId: string; deviceId: string; here?: true }; returns: void };
  /** The user's profile is another now: the next sync of each of its devices brings it. */
  "conversations.noteProfile": { params: { userId: string }; returns: void };
  /**
   * Entries of one conversation for a gateway that saw a jump: as logged, nothing hidden, at most `limits.syncMax`
   * from `after` + 1; of what is too large for one answer the last ones. For services only.
   */
  "conversations.fill": {
    params: { conversationId: string; after: number; through: number };
    returns: { items: { entry: LoggedEntry; hiddenFor?: string[] }[] };
  };
}

export interface ConversationsEvents {
  /**
   * A group's `member` or `update` entry was committed; the projection in `groups` follows it by `version`.
   * `state` is as of that entry, `previousVersion` as of the one before (0 for the first): a follower that is at
   * another version missed something.
   */
  "group.changed": { state: GroupState; entry: LoggedEntry; previousVersion?: number };
  /** A group's actor came to life: whoever keeps a projection older than `version` asks for all of it. */
  "group.activated": { conversationId: string; version: number };
}
