import { z } from "zod";
import { messageEntry, role } from "./entry.ts";
import { limits } from "./limits.ts";
import { id, nameText, removable, seq, text, timestamp } from "./text.ts";

export const user = z.object({
  id,
  username: z.string(),
  displayName: z.string(),
  avatarUrl: z.string().optional(),
  statusMessage: z.string().optional(),
  erased: z.literal(true).optional(),
});
export type User = z.output<typeof user>;

const audience = z.enum(["everyone", "contacts", "nobody"]);

export const privacy = z.object({
  lastSeen: audience,
  photo: audience,
  search: audience,
  messages: audience,
  groups: audience,
  readReceipts: z.boolean(),
});
export type Privacy = z.output<typeof privacy>;

/** The user's own account, as only that user sees it. */
export const me = user.extend({
  email: z.string().optional(),
  phone: z.string().optional(),
  verified: z.object({ email: z.boolean(), phone: z.boolean() }),
  privacy,
});
export type Me = z.output<typeof me>;

export const device = z.object({
  deviceId: id,
  name: z.string().optional(),
  platform: z.string().optional(),
  lastSeenAt: timestamp,
  current: z.boolean(),
});
export type Device = z.output<typeof device>;

const conversationType = z.enum(["direct", "group", "announcement"]);
export type ConversationType = z.output<typeof conversationType>;

export const group = z.object({
  id,
  conversationId: id,
  name: z.string(),
  description: z.string().optional(),
  avatarUrl: z.string().optional(),
  ownerId: id,
  isPrivate: z.boolean(),
  maxMembers: z.int(),
  memberCount: z.int(),
  myRole: role,
  closed: z.literal(true).optional(),
});
export type Group = z.output<typeof group>;

export const member = z.object({ user, role, joinedAt: timestamp });
export type Member = z.output<typeof member>;

const cursors = { deliveredSeq: seq, readSeq: seq };

/** A conversation as one user sees it. */
export const conversation = z.object({
  id,
  type: conversationType,
  epoch: z.int(),
  name: z.string().optional(),
  peer: user.optional(),
  group: group.optional(),
  lastSeq: seq,
  lastN: z.int(),
  firstSeq: seq,
  leftSeq: seq.optional(),
  lastMessage: messageEntry.optional(),
  lastMessageAt: timestamp.meta({ description: "of the last message; without one, when this user came to the conversation" }),
  unread: z.int(),
  unreadMentions: z.int(),
  readN: z.int(),
  ...cursors,
  others: z.object(cursors),
  muted: z.boolean(),
  pinned: z.boolean(),
  archived: z.boolean(),
  draft: z.string().optional(),
});
export type Conversation = z.output<typeof conversation>;

/** What one user sets for one conversation, for that user alone. An empty draft, or null, removes it. */
export const conversationPatch = z.object({
  muted: z.boolean().optional(),
  pinned: z.boolean().optional(),
  archived: z.boolean().optional(),
  draft: removable(text(0, limits.contentUnits)).optional(),
});
export type ConversationPatch = z.output<typeof conversationPatch>;

export const status = z.enum(["online", "away", "busy", "offline"]);
export type Status = z.output<typeof status>;

export const presence = z.object({ userId: id, status, lastSeenAt: timestamp.optional() });
export type Presence = z.output<typeof presence>;

export const receiptDetail = z.object({ userId: id, deliveredAt: timestamp.optional(), readAt: timestamp.optional() });
export type ReceiptDetail = z.output<typeof receiptDetail>;

/** What changed for this user by one of the user's own devices. */
export const userChange = z.discriminatedUnion("op", [
  z.object({ op: z.literal("hidden"), conversationId: id, id, seq }).meta({ description: "a message deleted for me" }),
  z.object({ op: z.literal("star"), conversationId: id, id, seq, starred: z.boolean() }),
  z.object({ op: z.literal("contact"), userId: id }),
  z.object({ op: z.literal("profile"), user: me }),
]);
export type UserChange = z.output<typeof userChange>;

export const reset = z.object({ conversationId: id, epoch: z.int(), firstSeq: seq, lastSeq: seq });
export type Reset = z.output<typeof reset>;

export const displayName = nameText(1, 64);
