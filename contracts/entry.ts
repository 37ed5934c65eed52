import { z } from "zod";
import { limits } from "./limits.ts";
import { clientMsgId, id, nameText, seq, text, timestamp } from "./text.ts";

export const messageType = z.enum([
  "text",
  "image",
  "video",
  "audio",
  "file",
  "location",
  "contact",
  "sticker",
  "poll",
  "system",
  "encrypted",
]);
export type MessageType = z.output<typeof messageType>;

export const role = z.enum(["owner", "admin", "member"]);
export type Role = z.output<typeof role>;

export const attachment = z.object({
  fileId: id,
  name: nameText(1, 255),
  mimeType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/)
    .max(127),
  size: z.int().min(0),
  width: z.int().min(0).optional(),
  height: z.int().min(0).optional(),
  durationMs: z.int().min(0).optional(),
});
export type Attachment = z.output<typeof attachment>;

export const json = z.json();

/** JSON text has these escaped; a backslash that somebody wrote stands there twice. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

export const metadata = z
  .record(z.string().max(128), json)
  .refine((m) => JSON.stringify(m).length <= limits.metadataBytes, "is too large")
  .refine((m) => !LONE_SURROGATE.test(JSON.stringify(m)), "has a lone surrogate");
export type Metadata = z.output<typeof metadata>;

/** User ids, or "all" for everybody in the conversation. */
export const mentions = z.union([z.literal("all"), z.array(id).max(limits.mentions)]);
export type Mentions = z.output<typeof mentions>;

export const emoji = text(1, limits.emojiUnits).refine((s) => !/\s/u.test(s), "has white space");

const base = {
  conversationId: id,
  seq: seq.min(1),
  id,
  senderId: id,
  clientMsgId: clientMsgId.optional(),
  createdAt: timestamp,
  n: z.int().min(0).meta({ description: "how many message entries there are up to and with this one" }),
};

/** The part of a message that its sender wrote. */
const messageBody = {
  type: messageType,
  content: z.string(),
  metadata: metadata.optional(),
  replyTo: id.optional().meta({ description: "id of a message of this conversation" }),
  forwardedFrom: id.optional().meta({ description: "id of the message that this one repeats" }),
  mentions: mentions.optional(),
  attachments: z.array(attachment).max(limits.attachments).optional(),
  expiresAt: timestamp.optional(),
};

export const messageEntry = z.object({ ...base, kind: z.literal("message"), ...messageBody, deletedAt: timestamp.optional() });
export const editEntry = z.object({
  ...base,
  kind: z.literal("edit"),
  target: id,
  content: z.string(),
  metadata: metadata.optional(),
  mentions: mentions.optional(),
});
export const deleteEntry = z.object({ ...base, kind: z.literal("delete"), target: id });
export const reactionEntry = z.object({
  ...base,
  kind: z.literal("reaction"),
  target: id,
  emoji: z.string(),
  op: z.enum(["add", "remove"]),
});
export const pinEntry = z.object({ ...base, kind: z.literal("pin"), target: id, op: z.enum(["add", "remove"]) });
export const memberEntry = z.object({
  ...base,
  kind: z.literal("member"),
  op: z.enum(["create", "join", "add", "leave", "remove", "role", "ban"]),
  userIds: z.array(id),
  role: role.optional(),
});
/** What the members of a group share about it. */
export const conversationSettings = z.object({
  name: nameText(1, 100).optional(),
  description: text(0, 1000).optional(),
  avatarUrl: z.string().max(2048).optional(),
  isPrivate: z.boolean().optional(),
  maxMembers: z.int().optional(),
  closed: z.literal(true).optional(),
});
export type ConversationSettings = z.output<typeof conversationSettings>;
export const updateEntry = z.object({ ...base, kind: z.literal("update"), changes: conversationSettings });

/** What is stored and numbered. */
export const loggedEntry = z.discriminatedUnion("kind", [
  messageEntry,
  editEntry,
  deleteEntry,
  reactionEntry,
  pinEntry,
  memberEntry,
  updateEntry,
]);
/** A run of entries that this viewer may not see: `seq` … `through`, both included. Made when read, never stored. */
export const hiddenEntry = z.object({ conversationId: id, seq: seq.min(1), kind: z.literal("hidden"), through: seq.min(1) });

/** What a client is sent. */
export const entry = z.union([loggedEntry, hiddenEntry]);

export type MessageEntry = z.output<typeof messageEntry>;
export type EditEntry = z.output<typeof editEntry>;
export type DeleteEntry = z.output<typeof deleteEntry>;
export type ReactionEntry = z.output<typeof reactionEntry>;
export type PinEntry = z.output<typeof pinEntry>;
export type MemberEntry = z.output<typeof memberEntry>;
export type UpdateEntry = z.output<typeof updateEntry>;
export type LoggedEntry = z.output<typeof loggedEntry>;
export type HiddenEntry = z.output<typeof hiddenEntry>;
export type Entry = LoggedEntry | HiddenEntry;

/** A message as it is now: its entry with all later edits, reactions, pins and deletion applied. */
export const currentMessage = messageEntry.extend({
  editedAt: timestamp.optional(),
  reactions: z.record(z.string(), z.object({ count: z.int(), me: z.boolean() })),
  pinned: z.boolean().optional(),
});
export type CurrentMessage = z.output<typeof currentMessage>;

/** What every change to a message answers. */
export const changeAnswer = z.object({ conversationId: id, seq });
export type ChangeAnswer = z.output<typeof changeAnswer>;
